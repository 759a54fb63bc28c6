// Checks of what populations get from outside.
#include <fmt/format.h>

#include "src/model/simulation_checks.hpp"

namespace snnsim {
namespace {

void check_times(SimulationView& model, const StimulusSpec& s, const std::string& k) {
    if (!model.sound({"stimuli", k})) return;
    if (s.stop <= s.start) {
        model.add(
            {"stimuli", k, "stop"},
            fmt::format("stop ({:g} ms) must be later than start ({:g} ms)", s.stop, s.start));
    }
    if (std::holds_alternative<RampStimulus::Params>(s.kind) && !std::isfinite(s.stop)) {
        model.add({"stimuli", k}, fmt::format("stimuli[{}] is missing the key 'stop': the time at "
                                              "which the ramp reaches 'last'",
                                              k));
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
    const char* const unit = spikes ? facts.input_unit : facts.current_unit;
    std::visit(
        [&]<class P>(const P& params) {
            const auto check = [&](const auto& field) {
                using Member = std::remove_cvref_t<decltype(params.*field.member)>;
                if constexpr (std::is_same_v<Member, Distribution>) {
                    check_single(model, {"stimuli", k, field.name}, field.name,
                                 params.*field.member, std::is_same_v<P, DcStimulus::Params>);
                    check_unit(model, {"stimuli", k, field.name}, field.name, params.*field.member,
                               unit, to, facts.model);
                } else if constexpr (std::is_same_v<Member, std::vector<Distribution>>) {
                    for (std::size_t n = 0; n < (params.*field.member).size(); ++n) {
                        const std::string item = std::to_string(n);
                        const Distribution& given = (params.*field.member)[n];
                        const SimulationView::Path path{"stimuli", k, field.name, item};
                        check_single(model, path, field.name, given, false);
                        check_unit(model, path, field.name, given, unit, to, facts.model);
                    }
                }
            };
            std::apply([&](const auto&... field) { (check(field), ...); }, P::fields());
        },
        s.kind);
}

}  // namespace

bool check_changes(SimulationView& model, Places::Path at, Places::Path times_at,
                   const std::vector<double>& times, std::size_t count, const char* values) {
    if (!model.sound(at)) return false;
    if (times.size() != count) {
        model.add(at, fmt::format("times has {} entries and {} has {}; write as many", times.size(),
                                  values, count));
        return false;
    }
    if (!model.sound({"dt"})) return false;
    const double dt = model.spec.dt;
    for (std::size_t n = 1; n < times.size(); ++n) {
        if (std::floor(times[n] / dt + 0.5) > std::floor(times[n - 1] / dt + 0.5)) continue;
        model.add(times_at,
                  fmt::format("times must ascend by a dt ({:g} ms) at least, but {:g} ms follows "
                              "{:g} ms",
                              dt, times[n], times[n - 1]));
        return false;
    }
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
        if (const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind))
            check_changes(model, {"stimuli", k}, {"stimuli", k, "times"}, poisson->times,
                          poisson->rates.size(), "rates");
        check_times(model, s, k);
        if (to && model.model_known(*to)) check_units(model, s, *to, k);
    }
}

}  // namespace snnsim
