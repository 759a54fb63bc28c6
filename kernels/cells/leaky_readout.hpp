// Leaky integrators that never fire: one whose membrane the loss reads, and one that sends it on.
#pragma once

#include <array>
#include <cmath>

#include "kernels/cells/model.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// v[t] = beta v[t-1] + g I[t], beta = exp(-dt/tau_m); g = 1, or 1 - beta with scale_input.
template <class Own>
struct LeakyMembrane {
    static constexpr int saved_count = 1;  // v

    struct Params {
        double tau_m = 20.0;
        bool scale_input = false;

        static constexpr auto fields() {
            return Fields{
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"scale_input", &Params::scale_input, "", unlimited,
                      "multiply the input by 1 - beta"},
            };
        }
    };
    struct Constants {
        float decay, gain;
    };
    struct State {
        float v = 0.0f;
    };
    struct Adjoint {
        float v_next = 0.0f;
    };

    static constexpr auto states() {
        return Fields{StateField<State, Constants>{"v", &State::v, "", "membrane"}};
    }
    static Constants prepare(const Params& p, double dt) {
        const double beta = std::exp(-dt / p.tau_m);
        return {static_cast<float>(beta), p.scale_input ? static_cast<float>(1.0 - beta) : 1.0f};
    }
    static State rest(const Params&, const Constants&) { return {}; }
    SNN_HD static float step(const Constants& c, State& s, float input, float* saved) {
        s.v = fused(c.decay, s.v, c.gain * input);
        saved[0] = s.v;
        return s.v;
    }
    SNN_HD static float distance(const Constants&, const float*) { return 0.0f; }
    SNN_HD static float membrane(const Constants&, const float* saved) { return saved[0]; }
    SNN_HD static float backward(const Constants& c, Adjoint& a, const float*, float d_output,
                                 float) {
        a.v_next = fused(c.decay, a.v_next, d_output);
        return c.gain * a.v_next;
    }

    static constexpr std::array learns{"tau_m"};
    template <class T>
    struct SumsOf {
        T decay{}, gain{};  // gain: times itself

        SNN_HD void to_column(T* to, int width) const {
            to[0] = decay;
            to[1 * width] = gain;
        }
    };
    using Sums = SumsOf<float>;

    template <class Spike = Heaviside>
    SNN_HD static State after(const Constants&, const float* saved, float) {
        return {saved[0]};
    }
    template <class Spike = Heaviside>
    SNN_HD static void add_gradient(const Constants& c, const StepBack<Own>& step, Sums& sums) {
        const float d_v = step.now.v_next, before = step.before.v;
        sums.decay = fused(d_v, before, sums.decay);
        sums.gain = fused(d_v, step.saved[0] - c.decay * before, sums.gain);
    }
    static void chain(const Params& p, double dt, const SumsOf<double>& sums, Params& d) {
        const double beta = std::exp(-dt / p.tau_m);
        d.tau_m = beta * dt / (p.tau_m * p.tau_m) *
                  (sums.decay - (p.scale_input ? sums.gain / (1.0 - beta) : 0.0));
    }
};

struct LeakyReadout : LeakyMembrane<LeakyReadout> {
    static constexpr const char* name = "leaky_readout";
    static constexpr Output output = Output::trace;
    static constexpr const char* input_unit = "";
    static constexpr const char* current_unit = "";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;
};

/// Of trainings only: sends v[t] in the step in which it is computed: the current of a synapse, for
/// one.
struct LeakyIntegrator : LeakyMembrane<LeakyIntegrator> {
    static constexpr const char* name = "leaky_integrator";
    static constexpr Output output = Output::values;
};

}  // namespace snnsim
