#include "src/model/late_times.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {
namespace {

/// One simulation and its end.
class LateTimes {
  public:
    LateTimes(const SimulationSpec& spec, double end, const TellLate& tell)
        : spec_(spec), end_(step_of(end, spec.dt)), ms_(end), tell_(tell) {}

    void cells(const CellPopulationSpec& p) const {
        const auto* source = std::get_if<RegularSource::Params>(&p.cell);
        if (source && step_of(source->first, spec_.dt) > end_)
            tell_({"populations", p.name, "first"},
                  fmt::format("first ({:g} ms) lies after the end of the run ({:g} ms): '{}' sends "
                              "nothing",
                              source->first, ms_, p.name));
    }
    void stimulus(const StimulusSpec& s, const std::string& k) const {
        if (step_of(s.start, spec_.dt) >= end_) {
            tell_({"stimuli", k, "start"},
                  fmt::format("start ({:g} ms) is not before the end of the run ({:g} ms): nothing "
                              "of the stimulus arrives",
                              s.start, ms_));
            return;
        }
        if (const auto* steps = std::get_if<StepsStimulus::Params>(&s.kind))
            times({"stimuli", k, "times"}, steps->times);
        if (const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind))
            times({"stimuli", k, "times"}, poisson->times);
        const auto* noise = std::get_if<NoiseStimulus::Params>(&s.kind);
        if (noise && step_of(noise->lag, spec_.dt) >= end_)
            tell_({"stimuli", k, "lag"},
                  fmt::format("lag ({:g} ms) is not shorter than the run ({:g} ms): all that "
                              "arrives was drawn before it, so that no noise '{}' without a lag "
                              "has anything in common with it",
                              noise->lag, ms_, noise->shared));
        if (std::holds_alternative<RampStimulus::Params>(s.kind) &&
            step_of(s.stop, spec_.dt) > end_)
            tell_({"stimuli", k, "stop"},
                  fmt::format("stop ({:g} ms) lies after the end of the run ({:g} ms): the ramp "
                              "does not reach 'last'",
                              s.stop, ms_));
    }
    void record(const SimulationRecordSpec& r, const std::string& k) const {
        interval({"record", k, "interval"}, r.interval, "nothing is recorded");
    }
    void projection(const SynapsesSpec& s, const std::string& k) const {
        if (s.delay.constant() && step_of(s.delay.mean, spec_.dt) >= end_)
            tell_({"projections", k, "delay"},
                  fmt::format("delay ({:g} ms) is not shorter than the run ({:g} ms): no spike "
                              "arrives",
                              s.delay.mean, ms_));
        if (!s.plasticity) return;
        const PlasticitySpec& p = *s.plasticity;
        if (p.schedule)
            times({"projections", k, "plasticity", "schedule", "times"}, p.schedule->times);
        if (p.normalise)
            interval({"projections", k, "plasticity", "normalise", "interval"},
                     p.normalise->interval, "nothing is normalised");
        if (p.scaling)
            interval({"projections", k, "plasticity", "scaling", "interval"}, p.scaling->interval,
                     "nothing is scaled");
        if (p.structure)
            interval({"projections", k, "plasticity", "structure", "interval"},
                     p.structure->interval, "no synapse goes or comes");
    }
    /// Those at the end itself change nothing any more.
    void times(Places::Path path, const std::vector<double>& times) const {
        const std::string late = not_before_end(times, spec_.dt, ms_,
                                                fmt::format("{} times", times.size()), "is", "are");
        if (!late.empty()) tell_(path, late);
    }

  private:
    void interval(Places::Path path, double interval, const char* what) const {
        if (step_of(interval, spec_.dt) > end_)
            tell_(path, fmt::format("interval ({:g} ms) is longer than the run ({:g} ms): {}",
                                    interval, ms_, what));
    }

    const SimulationSpec& spec_;
    const std::int64_t end_;  // steps
    const double ms_;
    const TellLate& tell_;
};

}  // namespace

std::string not_before_end(const std::vector<double>& times, double dt, double end,
                           const std::string& what, const char* verb_of_one, const char* verb) {
    const auto first = std::find_if(times.begin(), times.end(), [&](double time) {
        return step_of(time, dt) >= step_of(end, dt);
    });
    if (first == times.end()) return "";
    const auto late = times.end() - first;
    return fmt::format("{} of {} {} not before the end of the run ({:g} ms), the first at {:g} ms",
                       late, what, late == 1 ? verb_of_one : verb, end, *first);
}

std::optional<double> known_end(const SimulationSpec& spec) {
    if (!spec.open_ended()) return spec.simulate.duration;
    double end = 0.0;
    for (const PhaseSpec& p : spec.simulate.phases) {
        if (p.present) return std::nullopt;
        end += p.duration;
    }
    return end;
}

void tell_late(const SimulationSpec& spec, double end, const TellLate& tell) {
    const LateTimes late(spec, end, tell);
    for (const CellPopulationSpec& p : spec.populations) late.cells(p);
    for (std::size_t k = 0; k < spec.stimuli.size(); ++k)
        late.stimulus(spec.stimuli[k], std::to_string(k));
    for (std::size_t k = 0; k < spec.record.size(); ++k)
        late.record(spec.record[k], std::to_string(k));
    for (std::size_t k = 0; k < spec.projections.size(); ++k)
        late.projection(spec.projections[k], std::to_string(k));
    if (spec.simulate.reward)
        late.times({"simulate", "reward", "times"}, spec.simulate.reward->times);
}

}  // namespace snnsim
