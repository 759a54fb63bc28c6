// Checks of the phases of a training, of dendrites and of spines.
#include <fmt/format.h>

#include <algorithm>

#include "src/model/checks.hpp"
#include "src/model/loops.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

void check_dendrites(ModelView& model) {
    const std::vector<std::size_t> loops = loops_of(model.spec);
    for (const PopulationSpec& p : model.spec.populations) {
        const Places::Path at{"populations", p.name, "dendrites_of"};
        if (p.dendrites_of.empty() || !model.sound(at)) continue;
        const PopulationSpec* const cells = model.find(p.dendrites_of, at);
        if (!cells) continue;
        const bool joined = std::any_of(
            model.spec.projections.begin(), model.spec.projections.end(),
            [&](const ProjectionSpec& o) { return o.from == p.name && o.to == cells->name; });
        if (cells == &p || is_source(*cells)) {
            model.add(at, fmt::format("'{}' has no dendrites of this kind; name a population "
                                      "whose cells learn",
                                      cells->name));
        } else if (cells->size != p.size) {
            model.add(at, fmt::format("'{}' has {} dendrites, and '{}' {} cells; each cell has "
                                      "one of a population, so write size: {}",
                                      p.name, p.size, cells->name, cells->size, cells->size));
        } else if (!joined) {
            model.add(at, fmt::format("'{}' has no projection to '{}', whose dendrites it holds; "
                                      "add one: {{from: {}, to: {}, connect: one_to_one}}",
                                      p.name, cells->name, p.name, cells->name));
        } else if (loops[number_of(model.spec, p.name)] ==
                   loops[number_of(model.spec, cells->name)]) {
            model.add(at, fmt::format("'{}' and '{}' lie on a cycle of projections, where no "
                                      "error is known before the dendrites have sent; leave "
                                      "dendrites_of out",
                                      p.name, cells->name));
        }
    }
}

/// Things that learn in all phases, though a phase names projections alone.
void check_what_else_learns(ModelView& model) {
    for (const PopulationSpec& p : model.spec.populations) {
        if (p.batch_norm)
            model.add({"populations", p.name, "batch_norm"},
                      "train.phases name the projections that learn, and a norm learns in all of "
                      "them; leave batch_norm or phases out");
        if (!p.trainable.empty())
            model.add({"populations", p.name, "trainable"},
                      "train.phases name the projections that learn, and parameters of cells "
                      "learn in all of them; leave trainable or phases out");
    }
    for (std::size_t k = 0; k < model.spec.projections.size(); ++k) {
        if (model.spec.projections[k].learned_delay)
            model.add({"projections", std::to_string(k), "delay"},
                      "train.phases name the projections whose weights learn, and delays learn in "
                      "all of them; write a delay that does not learn, or leave phases out");
    }
}

void check_phase(ModelView& model, const TrainPhaseSpec& phase, std::size_t number) {
    const std::string k = std::to_string(number);
    std::vector<std::string> names;
    for (const ProjectionSpec& p : model.spec.projections)
        if (!is_pool(p.connect.rule)) names.push_back(p.name());
    const bool correlation = phase.objective == Objective::correlation;
    if (phase.learns.empty() && model.given({"train", "phases", k, "learns"}))
        model.add({"train", "phases", k, "learns"},
                  "an empty list; name the projections that learn, or leave learns out where all "
                  "of them do");
    if (correlation && model.spec.train->batch == 1)
        model.add({"train", "batch"},
                  "the correlation of a dendrite and an error needs at least 2 samples; write a "
                  "greater batch");
    if (correlation && phase.learns.empty())
        model.add({"train", "phases", k, "objective"},
                  "correlation is for what enters dendrites; write learns: a list of those "
                  "projections");
    for (std::size_t n = 0; n < phase.learns.size(); ++n) {
        const Places::Path at{"train", "phases", k, "learns", std::to_string(n)};
        const auto found =
            std::find_if(model.spec.projections.begin(), model.spec.projections.end(),
                         [&](const ProjectionSpec& p) { return p.name() == phase.learns[n]; });
        if (found == model.spec.projections.end()) {
            model.add(at, fmt::format("there is no projection '{}'{}", phase.learns[n],
                                      those_there_are(phase.learns[n], names)));
            continue;
        }
        if (!found->learns() || is_pool(found->connect.rule)) {
            model.add(at, fmt::format("'{}' has nothing that learns; leave trainable: false out, "
                                      "or this name",
                                      phase.learns[n]));
        } else if (correlation) {
            const std::size_t to = number_of(model.spec, found->to);
            if (to < model.spec.populations.size() &&
                model.spec.populations[to].dendrites_of.empty())
                model.add(at, fmt::format("'{}' enters '{}', which are no dendrites; write "
                                          "dendrites_of there, or objective: loss",
                                          phase.learns[n], found->to));
        }
    }
}

void check_phases_of(ModelView& model, const TrainSpec& train) {
    if (train.phases.empty()) return;
    if (model.given({"train", "epochs"}))
        model.add({"train", "epochs"}, "the epochs are those of train.phases; leave epochs out");
    if (train.early_stopping)
        model.add({"train", "early_stopping"},
                  "it would end all phases; leave it out, best_weights takes the best epoch of "
                  "all of them");
    check_what_else_learns(model);
    for (std::size_t k = 0; k < train.phases.size(); ++k) check_phase(model, train.phases[k], k);
}

void check_spines(ModelView& model, const TrainSpec& train) {
    if (!train.spines || !model.sound({"train", "spines"})) return;
    const SpineSpec& s = *train.spines;
    if (s.gain_low > s.gain_high)
        model.add({"train", "spines", "gain_low"},
                  fmt::format("gain_low ({:g}) is greater than gain_high ({:g})", s.gain_low,
                              s.gain_high));
    if (s.until > train.epochs)
        model.add(
            {"train", "spines", "until"},
            fmt::format("until ({}) comes after the last of {} epochs", s.until, train.epochs));
    if (train.early_stopping || train.best_weights)
        model.add({"train", "spines"},
                  "early_stopping and best_weights could end with weights from before the shift "
                  "was whole; leave them out");
    for (std::size_t k = 0; k < model.spec.projections.size(); ++k) {
        const ProjectionSpec& p = model.spec.projections[k];
        if (p.learns() && p.weight.init == WeightInit::constant)
            model.add({"projections", std::to_string(k), "weight"},
                      "the shift of spines is in standard deviations of the initial weights, and "
                      "these are all the same; write another init, or trainable: false");
    }
    if (train.prune)
        model.add({"train", "prune"},
                  "weights that prune took stay 0, and those of spines come back; leave one of "
                  "the two out");
    for (const PopulationSpec& p : model.spec.populations) {
        if (p.dale)
            model.add({"populations", p.name, "dale"},
                      "the weights of spines have signs of their own; leave dale or train.spines "
                      "out");
    }
}

}  // namespace

void check_train_phases(ModelView& model) {
    check_dendrites(model);
    if (!model.spec.train) return;
    check_phases_of(model, *model.spec.train);
    check_spines(model, *model.spec.train);
}

}  // namespace snnsim
