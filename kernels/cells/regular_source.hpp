// A source of regular trains.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/cells/model.hpp"

namespace snnsim {

/// Fires at `first` and then every period of 1 / rate, both rounded to dt.
struct RegularSource {
    static constexpr const char* name = "regular_source";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 0;
    static constexpr bool uses_random = false;

    struct Params {
        double rate = 10.0;
        double first = 0.0;
        static constexpr auto fields() {
            return std::tuple{Field{"rate", &Params::rate, "Hz", non_negative,
                                    "at most 1 / dt; the period is rounded to dt", Need::required},
                              Field{"first", &Params::first, "ms", non_negative,
                                    "time of the first spike, rounded to dt; 0: one period"}};
        }
    };
    struct Constants {
        float period;  // steps; 0: silent
        float dt;
    };
    struct State {
        float wait;
    };
    static constexpr auto states() {
        return std::tuple{StateField<State, Constants>{
            "wait", &State::wait, "", "steps until the next spike", nullptr, "those of `first`"}};
    }
    static Constants prepare(const Params& p, double dt) {
        return {steps_between(p.rate, dt), static_cast<float>(dt)};
    }
    static State rest(const Params& p, const Constants& c) {
        const double dt = static_cast<double>(c.dt);
        return {p.first > 0.0 ? static_cast<float>(std::max(1.0, std::floor(p.first / dt + 0.5)))
                              : steps_between(p.rate, dt)};
    }

    SNN_HD static float step(const Constants& c, State& s, const CellInput&) {
        const float wait = s.wait > 1.0f ? s.wait - 1.0f : 0.0f;
        const float sent = c.period > 0.0f && wait == 0.0f ? 1.0f : 0.0f;
        s.wait = sent > 0.0f ? c.period : wait;
        return sent;
    }

  private:
    static float steps_between(double rate, double dt) {
        if (rate == 0.0) return 0.0f;
        return static_cast<float>(std::max(1.0, std::floor(1000.0 / rate / dt + 0.5)));
    }
};

}  // namespace snnsim
