#include "src/inputs/taken_weights.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/inputs/load_learned.hpp"
#include "src/inputs/loaded_delays.hpp"
#include "src/inputs/name_in_model.hpp"
#include "src/inputs/weight_shape.hpp"
#include "src/io/read_numbers.hpp"
#include "src/io/read_weights.hpp"

namespace snnsim {
namespace {

void expect_same_shape(const std::string& run, const StoredWeights& stored,
                       const WeightShape& shape) {
    const bool a_list = stored.sources == 0;  // its cells are looked at when it is read
    if (a_list || (stored.sources == shape.sources && stored.targets == shape.targets)) return;
    throw UsageError(fmt::format(
        "--weights {}: its weights of {} have the shape [{}, {}], but the model's have [{}, {}] "
        "('{}' and '{}'); rename a population where others are meant, or make the sizes the same",
        run, shape.projection, stored.sources, stored.targets, shape.sources, shape.targets,
        shape.from, shape.to));
}

std::string line_of(const char* what, const std::vector<std::string>& names) {
    return names.empty() ? "" : fmt::format("  {}: {}\n", what, fmt::join(names, ", "));
}

/// What a population's neurons have learned in the run, where they learn the same here.
void take_learned(const std::string& run, const std::string& file, const PopulationSpec& p,
                  TakenWeights& out, std::vector<std::string>& names) {
    std::string all;
    bool any = false;
    for (const TrainableSpec& t : p.trainable) {
        std::string one = fmt::format("per: {}, as: {}, weight_decay: {}", name_of(t.per),
                                      name_of(t.as), t.weight_decay);
        if (t.lr) one += fmt::format(", lr: {}", *t.lr);
        if (t.file.empty() && has_data_set(run, learned_path(p.name, t.name))) {
            one += fmt::format(", file: {}, dataset: {}", file, learned_path(p.name, t.name));
            names.push_back(fmt::format("{} of {}", t.name, p.name));
            any = true;
        } else if (!t.file.empty()) {
            one += fmt::format(", file: {}", t.file);
            if (!t.dataset.empty()) one += fmt::format(", dataset: {}", t.dataset);
        } else {
            one += fmt::format(", spread: {}", t.spread);
        }
        all += fmt::format("{}{}: {{{}}}", all.empty() ? "" : ", ", t.name, one);
    }
    if (any) out.overrides.push_back(fmt::format("populations.{}.trainable={{{}}}", p.name, all));
}

}  // namespace

TakenWeights taken_weights(const std::string& run, const ModelSpec& spec) {
    const std::vector<StoredWeights> stored = list_weights(run);
    const std::string file = name_in_model(spec.path, run);
    TakenWeights out;
    std::vector<std::string> taken, kept, drawn, names, there;
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        names.push_back(p.name());
        const auto found = std::find_if(stored.begin(), stored.end(), [&](const StoredWeights& s) {
            return s.projection == p.name();
        });
        if (found == stored.end()) {
            (p.weight.from_file() ? kept : drawn).push_back(p.name());
            continue;
        }
        if (p.weight.from_file()) {
            kept.push_back(p.name());
            continue;
        }
        expect_same_shape(run, *found, shape_of(spec, p));
        out.overrides.push_back(
            fmt::format("projections.{}.weight={{file: {}, dataset: {}}}", k, file, p.name()));
        const bool bias = p.bias && !p.bias.from_file() && found->bias;
        taken.push_back(p.name() + (bias                     ? " and its biases"
                                    : p.bias && !found->bias ? ", without biases: it has none"
                                    : !p.bias && found->bias ? ", without its biases"
                                                             : ""));
        if (!bias) continue;
        const std::string trainable =
            p.bias.trainable ? fmt::format(", trainable: {}", *p.bias.trainable) : "";
        out.overrides.push_back(fmt::format("projections.{}.bias={{file: {}, dataset: {}{}}}", k,
                                            file, p.name(), trainable));
    }
    std::vector<std::string> learned;
    for (const PopulationSpec& p : spec.populations) take_learned(run, file, p, out, learned);
    std::vector<std::string> left;
    for (const StoredWeights& s : stored) {
        there.push_back(s.projection);
        if (std::find(names.begin(), names.end(), s.projection) == names.end())
            left.push_back(s.projection);
    }
    if (taken.empty())
        throw UsageError(fmt::format(
            "--weights {}: the model takes none of its weights; it has those of {}, and the "
            "model's projections are {}{}",
            run, fmt::join(there, ", "), fmt::join(names, ", "),
            kept.empty() ? ""
                         : fmt::format(" (from files of their own: {})", fmt::join(kept, ", "))));
    out.text = fmt::format("weights of {}:\n", run) + line_of("taken", taken) +
               line_of("taken of what neurons have learned", learned) +
               line_of("from files of their own", kept) + line_of("drawn, as it has none", drawn) +
               line_of("not in the model", left);
    return out;
}

void put_weights(const std::string& run, ModelSpec& spec) {
    for (PopulationSpec& p : spec.populations) p.batch_norm.reset();  // part of the weights
    put_learned(run, spec);
    for (ProjectionSpec& p : spec.projections) {
        const WeightShape shape = shape_of(spec, p);
        FileWeights weights = read_weights(run, p.name(), shape), biases;
        sort_synapses(weights);
        expect_delays(spec, p, shape, weights, run);
        // A rule of connection makes the same mask again, without what was pruned since.
        if (!p.weight.from_file() && p.connect.rule != Rule::list) weights.mask.clear();
        p.weight.loaded = std::make_shared<const FileWeights>(std::move(weights));
        p.weight.file.clear();
        if (!p.bias) continue;
        biases.dense = read_bias(run, p.name(), shape);
        p.bias.loaded = std::make_shared<const FileWeights>(std::move(biases));
        p.bias.file.clear();
    }
}

}  // namespace snnsim
