// The variable-spiking neuron: it decides when to fire as a leaky integrator, and sends a number.
#pragma once

#include "kernels/activation.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/math/tanh.hpp"

namespace snnsim {

/// m = beta m + z, with the input z of the step: weights times values of the spikes that arrive at
/// its end, i_e and stimuli. Where m >= v_th, m becomes 0 and the cell sends activation(z), unless
/// that is 0 (Garg & Chakraborty 2023, arXiv 2311.09267).
struct VsnCell {
    static constexpr const char* name = "vsn";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;

    struct Params {
        double beta = 0.9;
        double v_th = 1.0;
        Activation activation = Activation::identity;
        double y_max = 10.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"beta", &Params::beta, "", Limits{.low = 0.0, .high = 1.0, .high_open = true},
                      "what is left of the membrane after a step"},
                Field{"v_th", &Params::v_th, "", unlimited, "firing threshold"},
                Field{"activation", &Params::activation, "", unlimited,
                      "of the input of the step; gives the value that is sent"},
                Field{"y_max", &Params::y_max, "", positive,
                      "the values sent saturate at y_max and -y_max; weights have a finer grid "
                      "the smaller it is"},
                Field{"i_e", &Params::i_e, "", unlimited, "constant input"},
            };
        }
    };
    struct Constants {
        float beta, v_th, y_max, i_e;
        float relu, tanh;  // 1 or 0, floats as all constants
    };
    struct State {
        float m;
    };
    static constexpr auto states() {
        return Fields{StateField<State, Constants>{"m", &State::m, "", "membrane"}};
    }
    static Constants prepare(const Params& p, double) {
        return {static_cast<float>(p.beta),
                static_cast<float>(p.v_th),
                static_cast<float>(p.y_max),
                static_cast<float>(p.i_e),
                p.activation == Activation::relu ? 1.0f : 0.0f,
                p.activation == Activation::tanh ? 1.0f : 0.0f};
    }
    static State rest(const Params&, const Constants&) { return {}; }
    static double largest_value(const Params& p) { return p.y_max; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const float z = in.receptor_0 + (c.i_e + in.current);
        const float m = flushed(fused(c.beta, s.m, z));
        const bool fires = m >= c.v_th;
        float y = c.relu > 0.0f && z < 0.0f ? 0.0f : z;
        y = c.tanh > 0.0f ? exact_tanh(z) : y;
        y = y > c.y_max ? c.y_max : y < -c.y_max ? -c.y_max : y;
        s.m = fires ? 0.0f : m;
        return fires ? y : 0.0f;
    }
};

}  // namespace snnsim
