// Astrocyte for large networks: one number that follows the spikes around it.
#pragma once

#include <cmath>

#include "kernels/cells/model.hpp"
#include "kernels/math/tanh.hpp"

namespace snnsim {

/// da/dt = -a / tau_a, to which weights add, as do i_e + stimuli per s; gamma = tanh(a), and 0
/// where a is below 0. It never fires: see `gliotransmission` of projections for what gamma does.
struct AstrocyteLight {
    static constexpr const char* name = "astrocyte_light";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;
    static constexpr bool fires = false;

    struct Params {
        double tau_a = 5000.0, i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"tau_a", &Params::tau_a, "ms", positive, "in which activity is forgotten"},
                Field{"i_e", &Params::i_e, "", unlimited, "constant activity, per s"},
            };
        }
    };
    struct Constants {
        float decay, drive, i_e;
    };
    struct State {
        float a, gamma;
    };

    static constexpr auto states() {
        using F = StateField<State, Constants>;
        return Fields{
            F{"a", &State::a, "", "activity around the cell"},
            F{"gamma", &State::gamma, "", "share of the synapses' receptors that it activates"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        return {static_cast<float>(std::exp(-dt / p.tau_a)),
                static_cast<float>(-1e-3 * p.tau_a * std::expm1(-dt / p.tau_a)),
                static_cast<float>(p.i_e)};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        s.a = flushed(fused(c.decay, s.a, fused(c.drive, c.i_e + in.current, in.receptor_0)));
        s.gamma = exact_tanh(s.a > 0.0f ? s.a : 0.0f);
        return 0.0f;
    }
};

}  // namespace snnsim
