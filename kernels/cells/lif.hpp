// Leaky integrate-and-fire in discrete time, without units of voltage.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "kernels/cells/fires.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// s[t] = 1 if u[t] >= v_th. beta = exp(-dt/tau_m) (integration: exact) or 1 - dt/tau_m (euler);
/// g = 1, or 1 - beta with scale_input.
/// reset_at: same_step is the convention of SpikingJelly (Fang et al. 2023):
///     u[t] = beta v[t-1] + g I[t];  v[t] = u[t] - v_th s[t] (reset: subtract), u[t] (1 - s[t])
///     (zero; to v_reset where that is given) or u[t] (none).
/// next_step is that of snnTorch 1.0 (Eshraghian et al. 2023):
///     u[t] = beta u[t-1] + g I[t] - v_th s[t-1] (subtract: after the decay), or
///     u[t] = beta (1 - s[t-1]) u[t-1] + g I[t] (zero: before it);  v[t] = u[t].
/// A reset to zero before the decay of the next step leads to the same u as one in its own step, so
/// both are computed as that; what differs is the v that is shown.
struct Lif {
    static constexpr const char* name = "lif";
    static constexpr Output output = Output::spikes;
    static constexpr int saved_count = 1;  // u
    static constexpr const char* input_unit = "";
    static constexpr const char* current_unit = "";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;

    struct Params {
        double tau_m = 20.0;
        double v_th = 1.0;
        Reset reset = Reset::subtract;
        ResetAt reset_at = ResetAt::same_step;
        Integration integration = Integration::exact;
        bool scale_input = false;
        bool detach_reset = true;
        double v_reset = 0.0;
        Fires fires = Fires::at;

        static constexpr auto fields() {
            return Fields{
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"v_th", &Params::v_th, "", positive,
                      "firing threshold: a spike where v >= v_th"},
                Field{"fires", &Params::fires, "", unlimited, fires_help},
                Field{"reset", &Params::reset, "", unlimited,
                      "after a spike: subtract v_th, set v to zero, or none"},
                Field{"v_reset", &Params::v_reset, "", unlimited,
                      "of reset: zero in the same step: what v is set to"},
                Field{"reset_at", &Params::reset_at, "", unlimited,
                      "same_step, as in SpikingJelly: v is shown after the reset; or next_step, as "
                      "in snnTorch: v_th is subtracted after the decay of the next step, v is set "
                      "to zero before it, and v is shown before the reset"},
                Field{"integration", &Params::integration, "", unlimited,
                      "exact: beta = exp(-dt/tau_m); euler: beta = 1 - dt/tau_m"},
                Field{"scale_input", &Params::scale_input, "", unlimited,
                      "multiply the input by 1 - beta"},
                Field{"detach_reset", &Params::detach_reset, "", unlimited,
                      "of a training: no gradient through the reset"},
            };
        }
    };
    struct Constants {
        float decay, gain, v_th;
        float drop_share;   // a spike takes this share of u (1: reset to zero) ...
        float early_reset;  // ... and this off in its own step
        float late_reset;   // taken off in the step after it
        float shown_share;  // the share of u that is off already where v is shown
        float reset_slope;  // 0 where the reset carries no gradient
    };
    struct State {
        float v = 0.0f, spike = 0.0f;
    };
    struct Adjoint {
        float u_next = 0.0f;
    };

    static constexpr auto states() {
        return Fields{
            StateField<State, Constants>{"v", &State::v, "", "membrane, after the reset"},
            StateField<State, Constants>{"fired", &State::spike, "",
                                         "1 when it fired in this step"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const double beta =
            p.integration == Integration::exact ? std::exp(-dt / p.tau_m) : 1.0 - dt / p.tau_m;
        const bool subtract = p.reset == Reset::subtract;
        const bool late = p.reset_at == ResetAt::next_step;
        const auto v_th = static_cast<float>(p.v_th), v_reset = static_cast<float>(p.v_reset);
        return {static_cast<float>(beta),
                p.scale_input ? static_cast<float>(1.0 - beta) : 1.0f,
                least_that_fires(p.v_th, p.fires),
                p.reset == Reset::zero ? 1.0f : 0.0f,
                subtract && !late        ? v_th
                : p.reset == Reset::zero ? 0.0f - v_reset
                                         : 0.0f,
                subtract && late ? v_th : 0.0f,
                p.reset == Reset::zero && !late ? 1.0f : 0.0f,
                p.detach_reset ? 0.0f : 1.0f};
    }
    static State rest(const Params&, const Constants&) { return {}; }

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
        const float u = saved[0];
        return u - Heaviside::spike(u - c.v_th) * (c.shown_share * u + c.early_reset);
    }

    template <class Spike = Heaviside>
    SNN_HD static float backward(const Constants& c, Adjoint& a, const float* saved, float d_output,
                                 float surrogate) {
        const float u = saved[0];
        const float kept =
            1.0f - c.drop_share * Spike::spike(u - c.v_th);  // d v[t] / d u[t], s fixed
        a.u_next = fused(surrogate, d_spike(c, a, u, d_output), c.decay * kept * a.u_next);
        return c.gain * a.u_next;
    }
    /// dL/d s[t], from dL/d u[t+1].
    SNN_HD static float d_spike(const Constants& c, const Adjoint& later, float u, float d_output) {
        const float by_spike = -(c.decay * drop(c, u)) - c.late_reset;  // d u[t+1] / d s[t]
        return d_output + c.reset_slope * by_spike * later.u_next;
    }

    static constexpr std::array learns{"tau_m", "v_th"};
    template <class T>
    struct SumsOf {
        T decay{}, gain{}, v_th{};  // gain: times itself

        SNN_HD void to_column(T* to, int width) const {
            to[0] = decay;
            to[1 * width] = gain;
            to[2 * width] = v_th;
        }
    };
    using Sums = SumsOf<float>;

    template <class Spike = Heaviside>
    SNN_HD static State after(const Constants& c, const float* saved, float) {
        const float u = saved[0], spike = Spike::spike(u - c.v_th);
        return {u - spike * drop(c, u), spike};
    }
    template <class Spike = Heaviside>
    SNN_HD static void add_gradient(const Constants& c, const StepBack<Lif>& step, Sums& sums) {
        const float u = step.saved[0], d_u = step.now.u_next;
        const float early =
            c.early_reset > 0.0f && c.drop_share == 0.0f ? Spike::spike(u - c.v_th) : 0.0f;
        const float late = c.late_reset > 0.0f ? step.before.spike : 0.0f;
        const float d_v = c.decay * step.later.u_next;
        const float d_threshold = step.surrogate * d_spike(c, step.later, u, step.d_output);
        sums.decay = fused(d_u, step.before.v, sums.decay);
        sums.gain =
            fused(d_u, u - c.decay * step.before.v + c.late_reset * step.before.spike, sums.gain);
        sums.v_th = sums.v_th - fused(early, d_v, fused(late, d_u, d_threshold));
    }
    static void chain(const Params& p, double dt, const SumsOf<double>& sums, Params& d) {
        const bool exact = p.integration == Integration::exact;
        const double rate = dt / p.tau_m, beta = exact ? std::exp(-rate) : 1.0 - rate;
        const double slope = (exact ? beta : 1.0) * rate / p.tau_m;  // d beta / d tau_m
        d.tau_m = slope * (sums.decay - (p.scale_input ? sums.gain / (1.0 - beta) : 0.0));
        d.v_th = sums.v_th;
    }
};

}  // namespace snnsim
