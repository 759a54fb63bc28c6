// Checks of phases: what they show, to whom, and what they expect of earlier ones.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "kernels/plasticity/synapse.hpp"
#include "src/model/distribution.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

bool waits_for_reward(const SimulationSpec& spec) {
    return std::any_of(spec.projections.begin(), spec.projections.end(), [](const SynapsesSpec& p) {
        return p.plasticity &&
               PlasticityRules::visit(p.plasticity->rule,
                                      []<class R>(const typename R::Params& params) {
                                          if constexpr (KeepsVariable<R>)
                                              return R::takes_reward(params);
                                          else
                                              return Modulated<R>;
                                      });
    });
}

void check_waits(SimulationView& model, Places::Path path) {
    if (model.sound({"projections"}) && !waits_for_reward(model.spec))
        model.add(path,
                  "no projection has a rule that waits for a reward; give one `plasticity: {rule: "
                  "reward_stdp, ...}`, or a rule of `rules` with on_reward");
}

/// A whole number of dt, where the key is given and sound.
void check_steps(SimulationView& model, Places::Path path, const char* key, double value) {
    if (model.given(path) && model.sound(path) && model.sound({"dt"}))
        check_whole_steps(model, path, key, value, model.spec.dt);
}

/// What a source is there for.
enum class Shows : std::uint8_t { one_rate, samples };

/// One phase.
class PhaseCheck {
  public:
    PhaseCheck(SimulationView& model, std::size_t number)
        : model_(model), phase_(model.spec.simulate.phases[number]), k_(std::to_string(number)) {}

    void check(bool assigned_before) {
        check_name(model_, phase_.name, {"simulate", "phases", k_, "name"}, "the name of a phase");
        for (std::size_t n = 0; n < phase_.rates.size(); ++n) check_rate(n);
        for (std::size_t n = 0; n < phase_.lesions.size(); ++n)
            model_.find(phase_.lesions[n].population,
                        {"simulate", "phases", k_, "lesions", std::to_string(n), "population"});
        check_duration();
        if (phase_.present && model_.sound({"simulate", "phases", k_, "present"}))
            check_present(*phase_.present, assigned_before);
    }

  private:
    void check_duration() {
        const bool given = model_.given({"simulate", "phases", k_, "duration"});
        if (phase_.present && given) {
            model_.add({"simulate", "phases", k_, "duration"},
                       "a phase that presents samples ends with the last; leave duration out");
        } else if (!phase_.present && !given) {
            model_.add({"simulate", "phases", k_},
                       fmt::format("phases[{}] is missing the key 'duration', for example "
                                   "'duration: 10 s' (or `present`: samples that are shown)",
                                   k_));
        }
        check_steps(model_, {"simulate", "phases", k_, "duration"}, "duration", phase_.duration);
    }

    void check_rate(std::size_t n) {
        const std::string i = std::to_string(n);
        const PhaseRateSpec& r = phase_.rates[n];
        check_source(r.population, {"simulate", "phases", k_, "rates", i, "population"},
                     Shows::one_rate);
        const Places::Path rate{"simulate", "phases", k_, "rates", i, "rate"};
        if (model_.sound(rate) && model_.sound({"dt"}))
            check_probability(model_, rate, "rate", r.rate, model_.spec.dt);
    }

    /// The population fires at rates that can be set.
    const CellPopulationSpec* check_source(const std::string& name, Places::Path path,
                                           Shows shows) {
        if (!model_.sound(path)) return nullptr;
        const CellPopulationSpec* p = model_.find(name, path);
        if (!p || !model_.model_known(*p)) return nullptr;
        if (std::holds_alternative<PoissonSource::Params>(p->cell)) return p;
        const bool one = shows == Shows::one_rate;
        if (one && std::holds_alternative<RegularSource::Params>(p->cell)) return p;
        model_.add(path, fmt::format("'{}' is a {}; rates are set of a poisson_source{}, which can "
                                     "reach other cells by one_to_one synapses",
                                     name, p->model_name(), one ? " or a regular_source" : ""));
        return nullptr;
    }

    bool encoded(const PresentSpec& s) const {
        return model_.spec.trained && s.population == model_.spec.trained->input;
    }
    /// Samples that a trained network is shown, as in its training.
    void check_encoded(const PresentSpec& s) {
        for (const char* key : {"max_rate", "duration", "rest", "patterns", "repeat", "responses",
                                "window", "assign", "running", "reward"}) {
            if (model_.given({"simulate", "phases", k_, "present", key}))
                model_.add({"simulate", "phases", k_, "present", key},
                           fmt::format("a trained network is shown samples as in its training, and "
                                       "its output answers; leave {} out",
                                       key));
        }
        if (s.samples == Samples::patterns) {
            model_.add({"simulate", "phases", k_, "present", "samples"},
                       "the input of a trained network shows samples: train or test");
            return;
        }
        check_samples(s, nullptr);
    }

    void check_present(const PresentSpec& s, bool assigned_before) {
        if (encoded(s)) {
            check_encoded(s);
            return;
        }
        for (const auto& [key, what] :
             {std::pair{"population", "the poisson_source that shows the samples"},
              std::pair{"max_rate", "the rate of a pixel of value 1"},
              std::pair{"duration", "the time that a sample is shown"}}) {
            if (!model_.given({"simulate", "phases", k_, "present", key}))
                model_.add({"simulate", "phases", k_, "present"},
                           fmt::format("present is missing the key '{}': {}", key, what));
        }
        if (model_.given({"simulate", "phases", k_, "present", "state"}))
            model_.add({"simulate", "phases", k_, "present", "state"},
                       "state is for the input of a trained network; leave it out");
        const CellPopulationSpec* p = check_source(
            s.population, {"simulate", "phases", k_, "present", "population"}, Shows::samples);
        check_samples(s, p);
        if (model_.sound({"dt"}))
            check_probability(model_, {"simulate", "phases", k_, "present", "max_rate"}, "max_rate",
                              s.max_rate, model_.spec.dt);
        check_steps(model_, {"simulate", "phases", k_, "present", "duration"}, "duration",
                    s.duration);
        if (model_.sound({"dt"}) && s.rest.constant())
            check_rounded(model_, {"simulate", "phases", k_, "present", "rest"}, "rest",
                          s.rest.mean, model_.spec.dt);
        check_window(s);
        if (s.repeat) check_repeat(s, *s.repeat);
        check_classes(s, assigned_before);
        if (s.reward) check_reward(s, *s.reward);
        if (model_.spec.scale.neurons != 1.0)
            model_.add({"scale", "neurons"},
                       "a network that is shown samples cannot be scaled: write another size");
    }

    void check_samples(const PresentSpec& s, const CellPopulationSpec* p) {
        const bool patterns = s.samples == Samples::patterns;
        const auto only = [&](const char* key, bool fits, const char* what) {
            if (fits || !model_.given({"simulate", "phases", k_, "present", key})) return;
            model_.add({"simulate", "phases", k_, "present", key},
                       fmt::format("{} is for samples: {}", key, what));
        };
        only("patterns", patterns, "patterns");
        for (const char* key : {"first", "order", "repeat"}) only(key, !patterns, "train or test");
        const Places::Path present{"simulate", "phases", k_, "present"};
        if (patterns) {
            if (!s.patterns) {
                model_.add(present,
                           "samples: patterns needs the key 'patterns', for example "
                           "'patterns: {number: 10, cells: 50}'");
            } else if (p && model_.size_known(*p) && s.patterns->cells > p->size) {
                model_.add({"simulate", "phases", k_, "present", "patterns", "cells"},
                           fmt::format("'{}' has only {}", p->name, counted(p->size, "cell")));
            }
            if (s.count == 0)
                model_.add(present,
                           "samples: patterns needs the key 'count': the number of trials");
            return;
        }
        if (!model_.spec.data) {
            model_.add(present, fmt::format("samples: {} are those of a data set; say which at "
                                            "the top of the file, for example `data: {{set: "
                                            "mnist}}`",
                                            name_of(s.samples)));
            return;
        }
        // What is in a file of the user is looked at when it is read.
        if (model_.spec.data->set == DataSet::file) return;
        constexpr std::int64_t pixels = 784;
        // What a trained network is shown was checked with its training.
        const bool trained = p && model_.spec.trained && p->name == model_.spec.trained->input;
        if (p && !trained && model_.size_known(*p) && p->size != pixels)
            model_.add({"populations", p->name, "size"},
                       fmt::format("samples of {} have {} pixels, and '{}' has {} cells",
                                   name_of(model_.spec.data->set), pixels, p->name, p->size));
        const std::int64_t all = s.samples == Samples::train ? 60000 : 10000;
        if (s.first + s.count > all || s.first >= all)
            model_.add({"simulate", "phases", k_, "present", s.count > 0 ? "count" : "first"},
                       fmt::format("{} has {} samples of `{}`; asked for are number {} to {}",
                                   name_of(model_.spec.data->set), all, name_of(s.samples), s.first,
                                   s.first + std::max<std::int64_t>(s.count, 1) - 1));
    }

    void check_window(const PresentSpec& s) {
        const Places::Path window{"simulate", "phases", k_, "present", "window"};
        if (!model_.given(window)) return;
        check_steps(model_, window, "window", s.window);
        const double least = s.duration + extent(s.rest).first;
        if (model_.sound_or_absent({"simulate", "phases", k_, "present", "rest"}) &&
            s.window > least)
            model_.add(window, fmt::format("window ({:g} ms) can reach into the next sample, which "
                                           "may come {:g} ms after the start of one",
                                           s.window, least));
    }

    void check_repeat(const PresentSpec& s, const RepeatSpec& r) {
        model_.find(r.population, {"simulate", "phases", k_, "present", "repeat", "population"});
        const Places::Path add{"simulate", "phases", k_, "present", "repeat", "add"};
        const double most = s.max_rate + r.add * static_cast<double>(r.at_most);
        if (model_.sound(add) && model_.sound({"dt"}) && most * model_.spec.dt * 1e-3 > 1.0)
            model_.add(add, fmt::format("after {} repetitions the rate is {:g} Hz, more than one "
                                        "spike in a step; lower `add` or `at_most`",
                                        r.at_most, most));
    }

    void check_classes(const PresentSpec& s, bool assigned_before) {
        const auto given = [&](const char* key) {
            return model_.given({"simulate", "phases", k_, "present", key});
        };
        if (given("responses")) {
            model_.find(s.responses, {"simulate", "phases", k_, "present", "responses"});
        } else {
            for (const char* key : {"window", "assign", "evaluate", "running"}) {
                if (given(key))
                    model_.add({"simulate", "phases", k_, "present", key},
                               fmt::format("{} needs the key 'responses': the population whose "
                                           "spikes are counted",
                                           key));
            }
        }
        if (s.evaluate && !assigned_before)
            model_.add({"simulate", "phases", k_, "present", "evaluate"},
                       "no earlier phase has `assign: true`, so that cells stand for no class");
        if (s.evaluate && s.running > 0)
            model_.add({"simulate", "phases", k_, "present", "running"},
                       "a phase that evaluates predicts by the assignment of an earlier one; leave "
                       "running out");
        if (s.assign && s.samples == Samples::test)
            model_.add({"simulate", "phases", k_, "present", "assign"},
                       "classes assigned by test samples make a test of those samples worthless; "
                       "assign with samples: train");
    }

    void check_reward(const PresentSpec& s, const TrialRewardSpec& r) {
        check_waits(model_, {"simulate", "phases", k_, "present", "reward"});
        if (model_.sound({"dt"}) && r.delay.constant())
            check_rounded(model_, {"simulate", "phases", k_, "present", "reward", "delay"}, "delay",
                          r.delay.mean, model_.spec.dt);
        const std::int64_t labels =
            s.samples == Samples::patterns ? (s.patterns ? s.patterns->number : 65536)
            : model_.spec.data && model_.spec.data->set == DataSet::file ? 65536
                                                                         : 10;
        if (r.label >= labels)
            model_.add({"simulate", "phases", k_, "present", "reward", "label"},
                       fmt::format("labels go from 0 to {}", labels - 1));
    }

    SimulationView& model_;
    const PhaseSpec& phase_;
    const std::string k_;
};

void check_reward_times(SimulationView& model, const RewardTimesSpec& r) {
    const Places::Path times{"simulate", "reward", "times"};
    check_waits(model, {"simulate", "reward"});
    if (!model.sound({"simulate", "reward"})) return;
    if (r.times.size() != r.amounts.size()) {
        model.add(times, fmt::format("{} times, but {} amounts", r.times.size(), r.amounts.size()));
    } else if (!std::is_sorted(r.times.begin(), r.times.end())) {
        model.add(times, "times must be ascending");
    } else if (model.sound({"dt"})) {
        check_rounded_times(model, times, r.times);
    }
}

}  // namespace

void check_phases(SimulationView& model) {
    const SimulateSpec& s = model.spec.simulate;
    const bool duration = model.given({"simulate", "duration"}),
               phases = model.given({"simulate", "phases"});
    if (!duration && !phases && !model.spec.trained && model.given({"simulate"})) {
        model.add({"simulate"},
                  "simulate is missing the key 'duration', for example 'duration: 1 s' (or a list "
                  "of `phases`)");
    } else if (duration && phases) {
        model.add({"simulate", "duration"},
                  "the phases say how long they take; leave duration out");
    }
    if (phases && model.sound({"simulate", "phases"}) && s.phases.empty())
        model.add({"simulate", "phases"}, "phases is an empty list");
    if (s.reward) check_reward_times(model, *s.reward);
    bool assigned = false;
    for (std::size_t k = 0; k < s.phases.size(); ++k) {
        PhaseCheck(model, k).check(assigned);
        if (s.phases[k].present && s.phases[k].present->assign) assigned = true;
        for (std::size_t e = 0; e < k; ++e) {
            if (s.phases[e].name == s.phases[k].name)
                model.add({"simulate", "phases", std::to_string(k), "name"},
                          fmt::format("an earlier phase is called '{}' too", s.phases[k].name));
        }
    }
    if (model.spec.data && model.sound({"data"})) {
        const SimulationDataSpec& d = *model.spec.data;
        const bool own = d.set == DataSet::file;
        for (const char* key : {"file", "test_file", "test_share", "groups"}) {
            if (!own && model.given({"data", key}))
                model.add({"data", key},
                          fmt::format("{} is for set: file; here set is {}", key, name_of(d.set)));
        }
        if (own && d.file.empty() && !model.spec.trained)
            model.add({"data"}, "data is missing the key 'file': an .h5 or .npz file with samples");
    }
    const auto shows = [](const PhaseSpec& p) {
        return p.present && p.present->samples != Samples::patterns;
    };
    if (model.spec.data && !model.spec.trained &&
        std::none_of(s.phases.begin(), s.phases.end(), shows))
        model.add({"data"}, "no phase shows samples of a data set; leave data out");
    for (std::size_t k = 0; k < model.spec.projections.size(); ++k) {
        const SynapsesSpec& p = model.spec.projections[k];
        if (!p.plasticity || !p.plasticity->normalise || p.plasticity->normalise->interval > 0.0)
            continue;
        if (std::none_of(s.phases.begin(), s.phases.end(),
                         [](const PhaseSpec& q) { return q.present.has_value(); }))
            model.add({"projections", std::to_string(k), "plasticity", "normalise"},
                      "normalise is missing the key 'interval', for example 'interval: 1 s': no "
                      "phase presents samples, before which it would be done");
    }
}

}  // namespace snnsim
