// Leaky integrate-and-fire in discrete time, without units of voltage, as used for gradient
// training.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/math/fused.hpp"
#include "kernels/neurons/model.hpp"

namespace snnsim {

/// u[t] = beta v[t-1] + g I[t];  s[t] = 1 if u[t] >= v_th;  v[t] = u[t] - v_th s[t]  (reset:
/// subtract)
///                                                        or v[t] = u[t] (1 - s[t])  (reset: zero).
/// beta = exp(-dt/tau_m) (integration: exact) or 1 - dt/tau_m (euler); g = 1, or 1 - beta with
/// scale_input. reset_at: next_step takes v_th off in the following step and after the decay: the
/// convention of snnTorch (Eshraghian et al. 2023). same_step is that of SpikingJelly (Fang et al.
/// 2023).
struct Lif {
    static constexpr const char* name = "lif";
    static constexpr Output output = Output::spikes;
    static constexpr int saved_count = 1;  // u

    struct Params {
        double tau_m = 20.0;
        double v_th = 1.0;
        Reset reset = Reset::subtract;
        ResetAt reset_at = ResetAt::same_step;
        Integration integration = Integration::exact;
        bool scale_input = false;
        bool detach_reset = true;

        static constexpr auto fields() {
            return std::tuple{
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"v_th", &Params::v_th, "", positive, "firing threshold"},
                Field{"reset", &Params::reset, "", unlimited,
                      "after a spike: subtract v_th, set v to zero, or none"},
                Field{"reset_at", &Params::reset_at, "", unlimited,
                      "same_step, or next_step (after the decay, as snnTorch does)"},
                Field{"integration", &Params::integration, "", unlimited,
                      "exact: beta = exp(-dt/tau_m); euler: beta = 1 - dt/tau_m"},
                Field{"scale_input", &Params::scale_input, "", unlimited,
                      "multiply the input by 1 - beta"},
                Field{"detach_reset", &Params::detach_reset, "", unlimited,
                      "no gradient through the reset"},
            };
        }
    };
    struct Constants {
        float decay, gain, v_th;
        float drop_share;   // a spike takes this share of u (1: reset to zero) ...
        float early_reset;  // ... and this off in its own step
        float late_reset;   // taken off in the step after it
        float reset_slope;  // 0 where the reset carries no gradient
    };
    struct State {
        float v = 0.0f, spike = 0.0f;
    };
    struct Adjoint {
        float u_next = 0.0f;
    };

    static Constants prepare(const Params& p, double dt) {
        const double beta =
            p.integration == Integration::exact ? std::exp(-dt / p.tau_m) : 1.0 - dt / p.tau_m;
        const bool subtract = p.reset == Reset::subtract;
        const bool late = subtract && p.reset_at == ResetAt::next_step;
        const auto v_th = static_cast<float>(p.v_th);
        return {static_cast<float>(beta),
                p.scale_input ? static_cast<float>(1.0 - beta) : 1.0f,
                v_th,
                p.reset == Reset::zero ? 1.0f : 0.0f,
                subtract && !late ? v_th : 0.0f,
                late ? v_th : 0.0f,
                p.detach_reset ? 0.0f : 1.0f};
    }

    /// What a spike takes off u in its own step.
    SNN_HD static float drop(const Constants& c, float u) {
        return c.drop_share * u + c.early_reset;
    }

    template <class Spike = Heaviside>
    SNN_HD static float step(const Constants& c, State& s, float input, float* saved) {
        const float u = fused(c.decay, s.v, c.gain * input) - c.late_reset * s.spike;
        s.spike = Spike::spike(u - c.v_th);
        s.v = u - s.spike * drop(c, u);
        saved[0] = u;
        return s.spike;
    }

    SNN_HD static float distance(const Constants& c, const float* saved) {
        return saved[0] - c.v_th;
    }
    SNN_HD static float membrane(const Constants& c, const float* saved) {
        return saved[0] - Heaviside::spike(saved[0] - c.v_th) * drop(c, saved[0]);
    }

    template <class Spike = Heaviside>
    SNN_HD static float backward(const Constants& c, Adjoint& a, const float* saved, float d_output,
                                 float surrogate) {
        const float u = saved[0];
        const float kept =
            1.0f - c.drop_share * Spike::spike(u - c.v_th);             // d v[t] / d u[t], s fixed
        const float by_spike = -(c.decay * drop(c, u)) - c.late_reset;  // d u[t+1] / d s[t]
        const float d_spike = d_output + c.reset_slope * by_spike * a.u_next;
        a.u_next = fused(surrogate, d_spike, c.decay * kept * a.u_next);
        return c.gain * a.u_next;
    }
};

}  // namespace snnsim
