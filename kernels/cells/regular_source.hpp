// A source of regular trains.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/cells/model.hpp"
#include "kernels/steps.hpp"

namespace snnsim {

/// Fires at `first` and then every 1 / rate, each time rounded to dt for itself: the mean rate is
/// that given, whatever dt is. Stimuli are rates and add to it; while the sum is below 0, none.
struct RegularSource {
    static constexpr const char* name = "regular_source";
    static constexpr const char* input_unit = "";
    static constexpr const char* current_unit = "Hz";
    static constexpr int receptors = 0;
    static constexpr bool uses_random = false;
    static constexpr bool settable_rate = true;

    struct Params {
        double rate = 10.0;
        double first = 0.0;
        static constexpr auto fields() {
            return Fields{Field{"rate", &Params::rate, "Hz", non_negative,
                                "at most 1 / dt; spikes lie at the multiples of 1 / rate after "
                                "the first, each rounded to dt",
                                Need::required},
                          Field{"first", &Params::first, "ms", non_negative,
                                "time of the first spike, rounded to dt; 0: 1 / rate"}};
        }
    };
    /// Phases are kept in whole numbers of 2^-44 cycles, which add up without error: multiples of
    /// 2^-22 in one float, what is less than that in another.
    struct Constants {
        float cycles, cycles_rest;            // in a step
        float ahead, ahead_rest;              // in the half step by which a spike may come early
        float by_rate;                        // cycles in a step per Hz
        float wait, first_phase, first_rest;  // at time 0
    };
    struct State {
        float wait, phase, phase_rest;
    };
    static constexpr auto states() {
        return Fields{
            StateField<State, Constants>{"wait", &State::wait, "",
                                         "steps before the one of `first`", nullptr,
                                         "that of `first`, less 1"},
            StateField<State, Constants>{"phase", &State::phase, "",
                                         "cycles of the rate: a spike comes at 1 and takes 1 away",
                                         nullptr, "0; with `first` nearly 1"},
            StateField<State, Constants>{"phase_rest", &State::phase_rest, "",
                                         "what of the phase is less than 2^-22"}};
    }
    static Constants prepare(const Params& p, double dt) {
        const double cycles = p.rate * dt * 1e-3;
        const Phase step = split(cycles), half = split(early * cycles);
        Constants c{step.whole, step.rest, half.whole, half.rest, static_cast<float>(dt * 1e-3),
                    0.0f,       0.0f,      0.0f};
        if (p.first <= 0.0 || p.rate <= 0.0) return c;
        const double waited = rounded_steps(p.first, dt) - 1.0;
        const Phase phase = split(1.0 + (waited - p.first / dt) * cycles);
        c.wait = static_cast<float>(waited);
        c.first_phase = phase.whole;
        c.first_rest = phase.rest;
        return c;
    }
    static State rest(const Params&, const Constants& c) {
        return {c.wait, c.first_phase, c.first_rest};
    }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const bool waits = s.wait > 0.0f;
        s.wait = waits ? s.wait - 1.0f : 0.0f;
        Phase cycles{c.cycles, c.cycles_rest}, ahead{c.ahead, c.ahead_rest};
        const float more = in.current * c.by_rate;
        cycles = sum(cycles, split(more));
        ahead = sum(ahead, split(static_cast<float>(early) * more));
        const bool runs = !waits && cycles.whole + cycles.rest > 0.0f;
        const Phase phase = sum({s.phase, s.phase_rest}, cycles);
        const float sent = runs && sum(phase, ahead).whole >= 1.0f ? 1.0f : 0.0f;
        s.phase = runs ? phase.whole - sent : s.phase;
        s.phase_rest = runs ? phase.rest : s.phase_rest;
        return sent;
    }

  private:
    /// Of a step: halves go up, as rounded_steps has it.
    static constexpr double early = 0.5 - step_tolerance;
    static constexpr double whole_unit = 0x1p-22, rest_unit = 0x1p-44;

    struct Phase {
        float whole, rest;  // rest: from 0 to less than a unit of the whole
    };
    template <class Real>
    SNN_HD static Phase split(Real x) {
        const Real whole = std::floor(x * Real(0x1p22)) * Real(whole_unit);
        const Real rest = std::floor((x - whole) * Real(0x1p44) + Real(0.5)) * Real(rest_unit);
        return {static_cast<float>(whole), static_cast<float>(rest)};
    }
    SNN_HD static Phase sum(const Phase& a, const Phase& b) {
        const float rest = a.rest + b.rest;
        const float carried =
            rest >= static_cast<float>(whole_unit) ? static_cast<float>(whole_unit) : 0.0f;
        return {a.whole + (b.whole + carried), rest - carried};
    }
};

}  // namespace snnsim
