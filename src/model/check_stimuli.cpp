// Checks of what populations get from outside.
#include <fmt/format.h>

#include "src/model/numbers_file.hpp"
#include "src/model/rounded_times.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/model/source_rates.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

void check_times(SimulationView& model, const StimulusSpec& s, const std::string& k) {
    if (!model.sound({"stimuli", k})) return;
    if (s.stop <= s.start) {
        model.add(
            {"stimuli", k, "stop"},
            fmt::format("stop ({:g} ms) must be later than start ({:g} ms)", s.stop, s.start));
    } else if (model.sound({"dt"})) {
        const double dt = model.spec.dt;
        check_rounded(model, {"stimuli", k, "start"}, "start", s.start, dt);
        check_rounded(model, {"stimuli", k, "stop"}, "stop", s.stop, dt);
        if (model.sound({"stimuli", k}) && step_of(s.stop, dt) <= step_of(s.start, dt))
            model.add(
                {"stimuli", k, "stop"},
                fmt::format("stop ({:g} ms) and start ({:g} ms) are the same step of dt ({:g} "
                            "ms): nothing would arrive",
                            s.stop, s.start, dt));
    }
    if (std::holds_alternative<RampStimulus::Params>(s.kind) && !std::isfinite(s.stop)) {
        model.add({"stimuli", k}, fmt::format("stimuli[{}] is missing the key 'stop': the time at "
                                              "which the ramp reaches 'last'",
                                              k));
    }
}

void check_noise(SimulationView& model, const StimulusSpec& s, const std::string& k) {
    const auto* noise = std::get_if<NoiseStimulus::Params>(&s.kind);
    const Places::Path path{"stimuli", k, "interval"};
    if (!noise || !model.sound({"dt"}) || !model.sound_or_absent(path)) return;
    if (noise->shared.empty() && model.given({"stimuli", k, "shared"})) {
        model.add({"stimuli", k, "shared"},
                  "shared is empty; write a name, for example 'shared: sound', or leave it out");
    } else if (noise->shared.empty() && model.given({"stimuli", k, "lag"})) {
        model.add({"stimuli", k, "lag"},
                  "lag is of noise that several cells share; write its name too, for example "
                  "'shared: sound'");
    } else if (!noise->shared.empty() && noise->lag > 0.0) {
        check_rounded(model, {"stimuli", k, "lag"}, "lag", noise->lag, model.spec.dt);
    }
    for (const StimulusSpec& other : model.spec.stimuli) {
        const auto* same = std::get_if<NoiseStimulus::Params>(&other.kind);
        if (&other == &s || noise->shared.empty()) break;
        if (!same || same->shared != noise->shared || same->interval == noise->interval) continue;
        model.add(path, fmt::format("interval is {:g} ms, but that of another noise shared as "
                                    "'{}' is {:g} ms; write the same",
                                    noise->interval, noise->shared, same->interval));
        break;
    }
    if (model.given(path)) {
        check_whole_steps(model, path, "interval", noise->interval, model.spec.dt);
    } else if (!on_grid(noise->interval, model.spec.dt)) {
        model.add(path,
                  fmt::format("interval ({:g} ms, the default) is no whole number of dt ({:g} "
                              "ms); write one, for example 'interval: {:g} ms'",
                              noise->interval, model.spec.dt,
                              std::max(1.0, rounded_steps(noise->interval, model.spec.dt)) *
                                  model.spec.dt));
    }
}

void check_waveform(SimulationView& model, const StimulusSpec& s, const std::string& k) {
    const auto* waveform = std::get_if<WaveformStimulus::Params>(&s.kind);
    if (!waveform || !model.sound({"stimuli", k})) return;
    for (const auto& [key, wrong] :
         numbers_file_problems(waveform->file, waveform->dataset, waveform->column))
        model.add({"stimuli", k, key}, wrong);
    const Places::Path interval{"stimuli", k, "interval"};
    if (model.sound({"dt"}) && model.given(interval) && waveform->interval < model.spec.dt &&
        !on_grid(waveform->interval, model.spec.dt))
        model.add(interval, fmt::format("interval ({:g} ms) is shorter than dt ({:g} ms): a step "
                                        "has one current",
                                        waveform->interval, model.spec.dt));
    if (!model.given(interval) && waveform->file.ends_with(".npy"))
        model.add({"stimuli", k},
                  fmt::format("stimuli[{}] is missing the key 'interval', for example 'interval: "
                              "0.1 ms': the time between two values of a .npy file",
                              k));
}

void check_frequency(SimulationView& model, const StimulusSpec& s, const std::string& k) {
    const auto* sine = std::get_if<SineStimulus::Params>(&s.kind);
    const Places::Path path{"stimuli", k, "frequency"};
    if (!sine || !model.sound({"dt"}) || !model.sound(path)) return;
    if (const std::string wrong = aliased(sine->frequency, model.spec.dt); !wrong.empty())
        model.add(path, wrong);
}

/// With its stimuli a source fires no more than once in a step.
void check_source_rates(SimulationView& model) {
    if (!model.sound({"dt"})) return;
    for (const CellPopulationSpec& p : model.spec.populations) {
        if (!model.sound({"populations", p.name})) continue;
        bool sound = true;
        for (std::size_t n = 0; n < model.spec.stimuli.size(); ++n) {
            if (model.spec.stimuli[n].to == p.name)
                sound = sound && model.sound({"stimuli", std::to_string(n)});
        }
        const auto wrong = sound ? too_fast(model.spec, p) : std::nullopt;
        if (!wrong) continue;
        const std::string k = std::to_string(wrong->stimulus);
        const bool steps =
            std::holds_alternative<StepsStimulus::Params>(model.spec.stimuli[wrong->stimulus].kind);
        model.add({"stimuli", k, steps ? "amplitudes" : "amplitude"}, wrong->what);
    }
}

/// Only a constant current differs from cell to cell.
void check_single(SimulationView& model, Places::Path path, const char* key,
                  const Distribution& given, bool may_vary) {
    if (may_vary || given.constant() || !model.sound(path)) return;
    model.add(path, fmt::format("{} must be a single value; only the amplitude of dc may differ "
                                "from cell to cell",
                                key));
}

/// A dc that lists a value for each cell lists as many as there are.
void check_cell_count(SimulationView& model, const StimulusSpec& s, const CellPopulationSpec* to,
                      const std::string& k) {
    const auto* dc = std::get_if<DcStimulus::Params>(&s.kind);
    const Places::Path path{"stimuli", k, "amplitude"};
    if (!dc || !dc->amplitude.listed || !to || !model.size_known(*to) || !model.sound(path)) return;
    const ListedValues& listed = *dc->amplitude.listed;
    if (model.spec.scale.neurons < 1.0) {
        model.add(path,
                  fmt::format("scale.neurons ({:g}) cannot take cells away where amplitude is "
                              "listed for each; write another size",
                              model.spec.scale.neurons));
    } else if (listed.from.file.empty() &&
               listed.values.size() != static_cast<std::size_t>(to->size)) {
        model.add(path,
                  fmt::format("amplitude has {}, but '{}' has {}; write as many",
                              counted(static_cast<std::int64_t>(listed.values.size()), "value"),
                              to->name, counted(to->size, "cell")));
    }
}

/// All quantities that the stimulus was given with have the unit that the population takes.
void check_units(SimulationView& model, const StimulusSpec& s, const CellPopulationSpec& to,
                 const std::string& k) {
    const CellFacts facts = facts_of(to);
    const bool spikes = std::holds_alternative<PoissonStimulus::Params>(s.kind);
    if (spikes ? facts.receptors == 0 : !facts.current_unit) {
        model.add({"stimuli", k, "to"}, fmt::format("'{}' is a {}, which takes no {}", s.to,
                                                    facts.model, spikes ? "input" : "current"));
        return;
    }
    if (const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind)) {
        if (!check_receptor(model, {"stimuli", k}, {"stimuli", k, "receptor"}, poisson->receptor,
                            to))
            return;
        check_sign(model, {"stimuli", k, "weight"}, "weight", poisson->weight, poisson->receptor,
                   to);
    }
    std::visit(
        [&]<class P>(const P& params) {
            std::string unit;
            if constexpr (std::is_same_v<P, PoissonStimulus::Params>) {
                unit = input_unit_of(to, params.receptor);
            } else {
                unit = facts.current_unit;
            }
            const auto check = [&](const auto& field) {
                using Member = std::remove_cvref_t<decltype(params.*field.member)>;
                if constexpr (std::is_same_v<Member, Distribution>) {
                    check_single(model, {"stimuli", k, field.name}, field.name,
                                 params.*field.member, std::is_same_v<P, DcStimulus::Params>);
                    check_unit(model, {"stimuli", k, field.name}, field.name, params.*field.member,
                               unit, to);
                } else if constexpr (std::is_same_v<Member, std::vector<Distribution>>) {
                    for (std::size_t n = 0; n < (params.*field.member).size(); ++n) {
                        const std::string item = std::to_string(n);
                        const Distribution& given = (params.*field.member)[n];
                        const SimulationView::Path path{"stimuli", k, field.name, item};
                        check_single(model, path, field.name, given, false);
                        check_unit(model, path, field.name, given, unit, to);
                    }
                }
            };
            P::fields().for_each(check);
        },
        s.kind);
}

/// Numbers of spikes are drawn from a table that is as long as there are many.
void check_rates(SimulationView& model, const PoissonStimulus::Params& poisson,
                 const std::string& k) {
    if (!model.sound({"dt"})) return;
    constexpr double most = 1e6;  // spikes
    const auto check = [&](double rate, Places::Path path, const char* key) {
        if (!model.sound_or_absent(path)) return;
        const double spikes = rate * model.spec.dt * 1e-3;
        if (spikes <= most) return;
        model.add(path, fmt::format("{} ({:g} Hz) is {:g} spikes in each dt and cell; at most {:g} "
                                    "are drawn ({:g} Hz)",
                                    key, rate, spikes, most, most / model.spec.dt * 1e3));
    };
    check(poisson.rate, {"stimuli", k, "rate"}, "rate");
    for (std::size_t n = 0; n < poisson.rates.size(); ++n) {
        const std::string item = std::to_string(n);
        check(poisson.rates[n], {"stimuli", k, "rates", item}, "rates");
    }
}

}  // namespace

void check_rounded_times(SimulationView& model, Places::Path at, const std::vector<double>& times) {
    const double dt = model.spec.dt;
    const RoundedTimes rounded = rounded_times(times.size(), dt, [&](auto k) { return times[k]; });
    if (rounded.off == 1 || (rounded.off > 0 && rounded_steps(rounded.first, dt) == 0.0)) {
        check_rounded(model, at, "a time", rounded.first, dt);
    } else if (rounded.off > 1) {
        model.warn(at, rounded.text("times"));
    }
}

bool check_changes(SimulationView& model, Places::Path at, Places::Path times_at,
                   const std::vector<double>& times, std::size_t count, const char* values) {
    if (!model.sound(at)) return false;
    if (times.size() != count) {
        model.add(at,
                  fmt::format("times has {} and {} has {}; write as many",
                              counted(static_cast<std::int64_t>(times.size()), "entry", "entries"),
                              values, count));
        return false;
    }
    if (!model.sound({"dt"})) return false;
    const double dt = model.spec.dt;
    for (std::size_t n = 1; n < times.size(); ++n) {
        if (rounded_steps(times[n], dt) > rounded_steps(times[n - 1], dt)) continue;
        model.add(times_at,
                  fmt::format("times must ascend by a dt ({:g} ms) at least, but {:g} ms follows "
                              "{:g} ms",
                              dt, times[n], times[n - 1]));
        return false;
    }
    check_rounded_times(model, times_at, times);
    return true;
}

void check_stimuli(SimulationView& model) {
    for (std::size_t n = 0; n < model.spec.stimuli.size(); ++n) {
        const StimulusSpec& s = model.spec.stimuli[n];
        const std::string k = std::to_string(n);
        const CellPopulationSpec* to = model.find(s.to, {"stimuli", k, "to"});
        if (!model.sound({"stimuli", k, "kind"})) continue;
        if (const auto* steps = std::get_if<StepsStimulus::Params>(&s.kind))
            check_changes(model, {"stimuli", k}, {"stimuli", k, "times"}, steps->times,
                          steps->amplitudes.size(), "amplitudes");
        if (const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind)) {
            check_changes(model, {"stimuli", k}, {"stimuli", k, "times"}, poisson->times,
                          poisson->rates.size(), "rates");
            check_rates(model, *poisson, k);
        }
        check_times(model, s, k);
        check_noise(model, s, k);
        check_frequency(model, s, k);
        check_waveform(model, s, k);
        check_cell_count(model, s, to, k);
        if (to && model.model_known(*to)) check_units(model, s, *to, k);
    }
    check_source_rates(model);
}

}  // namespace snnsim
