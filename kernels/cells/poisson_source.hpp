// A source of independent Poisson trains.
#pragma once

#include "kernels/cells/model.hpp"

namespace snnsim {

/// Each cell fires in a step with probability rate * dt, independently.
struct PoissonSource {
    static constexpr const char* name = "poisson_source";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 0;
    static constexpr bool uses_random = true;

    struct Params {
        double rate = 10.0;
        static constexpr auto fields() {
            return std::tuple{
                Field{"rate", &Params::rate, "Hz", non_negative, "mean rate; at most 1 / dt"}};
        }
    };
    struct Constants {
        float probability;
    };
    struct State {
        float fired;
    };
    static constexpr auto states() {
        return std::tuple{StateField<State, Constants>{"fired", &State::fired, "",
                                                       "1 when the cell fired in this step"}};
    }
    static Constants prepare(const Params& p, double dt) {
        return {static_cast<float>(p.rate * dt * 1e-3)};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const float u = static_cast<float>(in.random >> 8) * (1.0f / 16777216.0f);
        s.fired = u < c.probability ? 1.0f : 0.0f;
        return s.fired;
    }
};

}  // namespace snnsim
