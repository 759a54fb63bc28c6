// Variable spiking neuron (Garg & Chakraborty 2023, arXiv 2311.09267): a leaky integrator decides
// when to fire; when it fires it sends a number, not 1.
#pragma once

#include <array>

#include "kernels/activation.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/math/fused.hpp"
#include "kernels/math/tanh.hpp"

namespace snnsim {

/// m[t] = beta m[t-1] + z[t];  e[t] = 1 if m[t] >= v_th;  y[t] = phi(z[t]) e[t];  then m[t] = 0
/// where e[t] = 1. z is the input, y what is sent; phi(0) = 0, so that silence costs nothing.
struct Vsn {
    static constexpr const char* name = "vsn";
    static constexpr Output output = Output::values;
    static constexpr bool graded_spikes = true;
    static constexpr int saved_count = 2;  // m before the reset, z
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;

    struct Params {
        double beta = 0.9;
        double v_th = 1.0;
        Activation activation = Activation::identity;
        bool detach_reset = true;
        double y_max = 10.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"beta", &Params::beta, "", Limits{.low = 0.0, .high = 1.0, .high_open = true},
                      "what is left of the membrane after a step"},
                Field{"v_th", &Params::v_th, "", unlimited,
                      "firing threshold; in a training try the standard deviation of the input"},
                Field{"activation", &Params::activation, "", unlimited,
                      "phi: what a spike carries, as a function of the input in its step"},
                Field{"detach_reset", &Params::detach_reset, "", unlimited,
                      "of a training: no gradient through the reset"},
                Field{"y_max", &Params::y_max, "", positive,
                      "of a simulation: the values sent saturate at y_max and -y_max; weights have "
                      "a finer grid the smaller it is"},
                Field{"i_e", &Params::i_e, "", unlimited, "of a simulation: constant input"},
            };
        }
    };
    struct Constants {
        float beta, v_th;
        float relu, tanh;   // 1 or 0, floats as all constants
        float reset_slope;  // 0 where the reset carries no gradient
        float y_max, i_e;   // see step_of_cell
    };
    struct State {
        float m = 0.0f;
    };
    struct Adjoint {
        float m_next = 0.0f;  // dL/d(m after the reset)
    };

    static constexpr auto states() {
        return Fields{StateField<State, Constants>{"m", &State::m, "", "membrane"}};
    }
    static Constants prepare(const Params& p, double) {
        return {static_cast<float>(p.beta),
                static_cast<float>(p.v_th),
                p.activation == Activation::relu ? 1.0f : 0.0f,
                p.activation == Activation::tanh ? 1.0f : 0.0f,
                p.detach_reset ? 0.0f : 1.0f,
                static_cast<float>(p.y_max),
                static_cast<float>(p.i_e)};
    }
    static State rest(const Params&, const Constants&) { return {}; }
    static double largest_value(const Params& p) { return p.y_max; }

    SNN_HD static float phi(const Constants& c, float z) {
        if (c.tanh > 0.0f) return exact_tanh(z);
        return c.relu > 0.0f && !(z > 0.0f) ? 0.0f : z;
    }
    SNN_HD static float phi_slope(const Constants& c, float z) {
        if (c.relu > 0.0f) return z > 0.0f ? 1.0f : 0.0f;
        if (!(c.tanh > 0.0f)) return 1.0f;
        const float y = phi(c, z);
        return 1.0f - y * y;
    }

    template <class Spike = Heaviside>
    SNN_HD static float step(const Constants& c, State& s, float input, float* saved) {
        const float m = fused(c.beta, s.m, input);
        const float e = Spike::spike(m - c.v_th);
        s.m = m * (1.0f - e);
        saved[0] = m;
        saved[1] = input;
        return phi(c, input) * e;
    }

    SNN_HD static float distance(const Constants& c, const float* saved) {
        return saved[0] - c.v_th;
    }
    SNN_HD static float membrane(const Constants& c, const float* saved) {
        return saved[0] * (1.0f - Heaviside::spike(saved[0] - c.v_th));
    }

    /// `d_event` is dL/de beside what follows from the value: a penalty on the rate.
    template <class Spike = Heaviside>
    SNN_HD static float backward(const Constants& c, Adjoint& a, const float* saved, float d_output,
                                 float surrogate, float d_event = 0.0f) {
        const float m = saved[0], z = saved[1];
        const float e = Spike::spike(m - c.v_th);
        const float d_e = d_fire(c, a, saved, d_output, d_event);
        const float d_m = fused(surrogate, d_e, (1.0f - e) * a.m_next);
        a.m_next = c.beta * d_m;
        return fused(d_output * phi_slope(c, z), e, d_m);
    }
    /// dL/d e[t], from dL/d(m[t] after the reset).
    SNN_HD static float d_fire(const Constants& c, const Adjoint& later, const float* saved,
                               float d_output, float d_event) {
        return fused(d_output, phi(c, saved[1]), d_event) - c.reset_slope * saved[0] * later.m_next;
    }

    static constexpr std::array learns{"beta", "v_th"};
    template <class T>
    struct SumsOf {
        T beta{}, v_th{};

        SNN_HD void to_column(T* to, int width) const {
            to[0] = beta;
            to[1 * width] = v_th;
        }
    };
    using Sums = SumsOf<float>;

    template <class Spike = Heaviside>
    SNN_HD static State after(const Constants& c, const float* saved, float) {
        return {saved[0] * (1.0f - Spike::spike(saved[0] - c.v_th))};
    }
    template <class Spike = Heaviside>
    SNN_HD static void add_gradient(const Constants& c, const StepBack<Vsn>& step, Sums& sums) {
        const float e = Spike::spike(step.saved[0] - c.v_th);
        const float d_threshold =
            step.surrogate * d_fire(c, step.later, step.saved, step.d_output, step.d_event);
        const float d_m = fused(1.0f - e, step.later.m_next, d_threshold);
        sums.beta = fused(d_m, step.before.m, sums.beta);
        sums.v_th = sums.v_th - d_threshold;
    }
    static void chain(const Params&, double, const SumsOf<double>& sums, Params& d) {
        d.beta = sums.beta;
        d.v_th = sums.v_th;
    }
};

}  // namespace snnsim
