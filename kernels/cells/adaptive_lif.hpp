// Leaky integrate-and-fire whose threshold rises with its own spikes.
#pragma once

#include <array>
#include <cmath>

#include "kernels/cells/model.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// As Lif, with the threshold v_th + adaptation a[t];  a[t+1] = rho a[t] + (1 - rho) s[t],
/// rho = exp(-dt/tau_a) (Bellec et al. 2018). reset: subtract takes off the resting threshold v_th.
struct AdaptiveLif {
    static constexpr const char* name = "adaptive_lif";
    static constexpr Output output = Output::spikes;
    static constexpr int saved_count = 2;  // u, and u - threshold
    static constexpr const char* input_unit = "";
    static constexpr const char* current_unit = "";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;

    struct Params {
        double tau_m = 20.0;
        double tau_a = 200.0;
        double v_th = 1.0;
        double adaptation = 1.8;
        Reset reset = Reset::subtract;
        bool detach_reset = true;

        static constexpr auto fields() {
            return Fields{
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"tau_a", &Params::tau_a, "ms", positive, "time constant of the adaptation"},
                Field{"v_th", &Params::v_th, "", positive, "firing threshold at rest"},
                Field{"adaptation", &Params::adaptation, "", non_negative,
                      "threshold increase per unit of the adaptation trace"},
                Field{"reset", &Params::reset, "", unlimited,
                      "after a spike: subtract v_th, set v to zero, or none"},
                Field{"detach_reset", &Params::detach_reset, "", unlimited,
                      "of a training: no gradient through the reset"},
            };
        }
    };
    struct Constants {
        float decay, decay_a, v_th, adaptation;
        float drop_share, reset;  // a spike takes this share of u, and this, off
        float reset_slope;        // 0 where the reset carries no gradient
    };
    struct State {
        float v = 0.0f, a = 0.0f;
    };
    struct Adjoint {
        float u_next = 0.0f, a_next = 0.0f;
    };

    static constexpr auto states() {
        return Fields{
            StateField<State, Constants>{"v", &State::v, "", "membrane, after the reset"},
            StateField<State, Constants>{"a", &State::a, "", "adaptation trace"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto v_th = static_cast<float>(p.v_th);
        return {static_cast<float>(std::exp(-dt / p.tau_m)),
                static_cast<float>(std::exp(-dt / p.tau_a)),
                v_th,
                static_cast<float>(p.adaptation),
                p.reset == Reset::zero ? 1.0f : 0.0f,
                p.reset == Reset::subtract ? v_th : 0.0f,
                p.detach_reset ? 0.0f : 1.0f};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    /// What a spike takes off u.
    SNN_HD static float drop(const Constants& c, float u) { return c.drop_share * u + c.reset; }

    template <class Spike = Heaviside>
    SNN_HD static float step(const Constants& c, State& s, float input, float* saved) {
        const float u = fused(c.decay, s.v, input);
        const float x = u - fused(c.adaptation, s.a, c.v_th);
        const float spike = Spike::spike(x);
        s.v = u - spike * drop(c, u);
        s.a = fused(c.decay_a, s.a, (1.0f - c.decay_a) * spike);
        saved[0] = u;
        saved[1] = x;
        return spike;
    }

    SNN_HD static float distance(const Constants&, const float* saved) { return saved[1]; }
    SNN_HD static float membrane(const Constants& c, const float* saved) {
        return saved[0] - Heaviside::spike(saved[1]) * drop(c, saved[0]);
    }

    template <class Spike = Heaviside>
    SNN_HD static float backward(const Constants& c, Adjoint& a, const float* saved, float d_output,
                                 float surrogate) {
        const float u = saved[0];
        const float kept = 1.0f - c.drop_share * Spike::spike(saved[1]);
        const float d_x = surrogate * d_spike(c, a, u, d_output);
        a.u_next = fused(c.decay * kept, a.u_next, d_x);
        a.a_next = fused(c.decay_a, a.a_next, -(c.adaptation * d_x));
        return a.u_next;
    }
    /// dL/d s[t], from what follows from the step after it.
    SNN_HD static float d_spike(const Constants& c, const Adjoint& later, float u, float d_output) {
        const float by_spike = -(c.decay * drop(c, u));
        return fused(1.0f - c.decay_a, later.a_next,
                     d_output + c.reset_slope * by_spike * later.u_next);
    }

    static constexpr std::array learns{"tau_m", "tau_a", "v_th", "adaptation"};
    template <class T>
    struct SumsOf {
        T decay{}, decay_a{}, v_th{}, adaptation{};

        SNN_HD void to_column(T* to, int width) const {
            to[0] = decay;
            to[1 * width] = decay_a;
            to[2 * width] = v_th;
            to[3 * width] = adaptation;
        }
    };
    using Sums = SumsOf<float>;

    SNN_HD static float held(const State& s) { return s.a; }
    template <class Spike = Heaviside>
    SNN_HD static State after(const Constants& c, const float* saved, float held) {
        return {saved[0] - Spike::spike(saved[1]) * drop(c, saved[0]), held};
    }
    template <class Spike = Heaviside>
    SNN_HD static void add_gradient(const Constants& c, const StepBack<AdaptiveLif>& step,
                                    Sums& sums) {
        const float u = step.saved[0], spike = Spike::spike(step.saved[1]);
        const float d_x = step.surrogate * d_spike(c, step.later, u, step.d_output);
        const float d_v = c.reset > 0.0f ? c.decay * step.later.u_next : 0.0f;
        sums.decay = fused(step.now.u_next, step.before.v, sums.decay);
        sums.decay_a = fused(step.later.a_next, step.before.a - spike, sums.decay_a);
        sums.v_th = sums.v_th - fused(spike, d_v, d_x);
        sums.adaptation = fused(-d_x, step.before.a, sums.adaptation);
    }
    static void chain(const Params& p, double dt, const SumsOf<double>& sums, Params& d) {
        const auto slope = [dt](double tau) { return std::exp(-dt / tau) * dt / (tau * tau); };
        d.tau_m = slope(p.tau_m) * sums.decay;
        d.tau_a = slope(p.tau_a) * sums.decay_a;
        d.v_th = sums.v_th;
        d.adaptation = sums.adaptation;
    }
};

}  // namespace snnsim
