// Leaky integrate-and-fire with an exponentially decaying synaptic current.
#pragma once

#include <array>
#include <cmath>

#include "kernels/cells/fires.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// tau_m v' = v_leak - v + i,  tau_s i' = -i + input;  input that arrives in a step acts on v from
/// the next step on. Euler steps (as in Norse, Pehle & Pedersen 2021) or exponential decays with
/// weight 1 - beta.
struct CubaLif {
    static constexpr const char* name = "cuba_lif";
    static constexpr Output output = Output::spikes;
    static constexpr int saved_count = 1;  // u, before the reset
    static constexpr const char* input_unit = "";
    static constexpr const char* current_unit = "";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;

    struct Params {
        double tau_m = 10.0;
        double tau_s = 5.0;
        double v_th = 1.0;
        double v_leak = 0.0;
        Reset reset = Reset::zero;
        Integration integration = Integration::exact;
        bool detach_reset = true;
        double v_reset = 0.0;
        Fires fires = Fires::at;

        static constexpr auto fields() {
            return Fields{
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"tau_s", &Params::tau_s, "ms", positive, "synaptic time constant"},
                Field{"v_th", &Params::v_th, "", positive, "firing threshold"},
                Field{"fires", &Params::fires, "", unlimited, fires_help},
                Field{"v_leak", &Params::v_leak, "", unlimited, "value that v decays to"},
                Field{"reset", &Params::reset, "", unlimited,
                      "after a spike: subtract v_th, set v to zero, or none"},
                Field{"v_reset", &Params::v_reset, "", unlimited,
                      "of reset: zero: what v is set to"},
                Field{"integration", &Params::integration, "", unlimited,
                      "exact: exponential decays; euler: 1 - dt/tau"},
                Field{"detach_reset", &Params::detach_reset, "", unlimited,
                      "of a training: no gradient through the reset"},
            };
        }
    };
    struct Constants {
        float decay_m, decay_s, coupling, leak, v_th;
        float drop_share, reset;  // a spike takes this share of u, and this, off
        float reset_slope;        // 0 where the reset carries no gradient

        /// dL/dv before a spike that u of this step and of the one before tell, from dL/dv after
        /// its reset to zero and dL/d(time of the spike), in steps.
        SNN_HD float jump(float before, float u, float later, float d_time) const {
            const float v = before >= v_th ? 0.0f : before;
            const float slope_after = u - decay_m * v;  // of v, a step
            return (slope_after * later - d_time) / (slope_after - coupling * v_th);
        }
    };
    struct State {
        float v = 0.0f, i = 0.0f;
    };
    struct Adjoint {
        float u_next = 0.0f, i_next = 0.0f;
    };

    static constexpr auto states() {
        return Fields{
            StateField<State, Constants>{"v", &State::v, "", "membrane, after the reset"},
            StateField<State, Constants>{"i", &State::i, "", "synaptic current"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const bool exact = p.integration == Integration::exact;
        const double decay_m = exact ? std::exp(-dt / p.tau_m) : 1.0 - dt / p.tau_m;
        const double decay_s = exact ? std::exp(-dt / p.tau_s) : 1.0 - dt / p.tau_s;
        const auto v_th = static_cast<float>(p.v_th), v_reset = static_cast<float>(p.v_reset);
        const float set_to = p.reset == Reset::zero ? 0.0f - v_reset : 0.0f;
        return {static_cast<float>(decay_m),
                static_cast<float>(decay_s),
                static_cast<float>(1.0 - decay_m),
                static_cast<float>((1.0 - decay_m) * p.v_leak),
                least_that_fires(p.v_th, p.fires),
                p.reset == Reset::zero ? 1.0f : 0.0f,
                p.reset == Reset::subtract ? v_th : set_to,
                p.detach_reset ? 0.0f : 1.0f};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    /// What a spike takes off u.
    SNN_HD static float drop(const Constants& c, float u) { return c.drop_share * u + c.reset; }

    template <class Spike = Heaviside>
    SNN_HD static float step(const Constants& c, State& s, float input, float* saved) {
        const float u = fused(c.decay_m, s.v, fused(c.coupling, s.i, c.leak));
        const float spike = Spike::spike(u - c.v_th);
        s.v = u - spike * drop(c, u);
        s.i = fused(c.decay_s, s.i, input);
        saved[0] = u;
        return spike;
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
        const float kept = 1.0f - c.drop_share * Spike::spike(u - c.v_th);
        const float d_s = d_spike(c, a, u, d_output);
        // i[t] acts on u[t+1] and i[t+1]; both adjoints still belong to step t+1 here.
        a.i_next = fused(c.coupling, a.u_next, c.decay_s * a.i_next);
        a.u_next = fused(surrogate, d_s, c.decay_m * kept * a.u_next);
        return a.i_next;
    }
    /// A step of EventProp (Wunderlich & Pehle 2021): takes u of the step before and of this one,
    /// and dL/d(time of a spike in it), in steps; returns dL/d(input). In place of u of a spike
    /// comes what dL/dv jumps by.
    SNN_HD static float back_by_time(const Constants& c, Adjoint& a, float before, float& u,
                                     float d_time) {
        a.i_next = fused(c.coupling, a.u_next, c.decay_s * a.i_next);
        a.u_next = c.decay_m * a.u_next;
        if (u >= c.v_th) {
            const float later = a.u_next;
            a.u_next = c.jump(before, u, later, d_time);
            u = a.u_next - later;
        }
        return a.i_next;
    }
    /// dL/d s[t], from dL/d u[t+1].
    SNN_HD static float d_spike(const Constants& c, const Adjoint& later, float u, float d_output) {
        const float by_spike = -(c.decay_m * drop(c, u));
        return d_output + c.reset_slope * by_spike * later.u_next;
    }

    static constexpr std::array learns{"tau_m", "tau_s", "v_th", "v_leak"};
    template <class T>
    struct SumsOf {
        T decay_m{}, decay_s{}, leak{}, v_th{};  // decay_m: that of `coupling` taken off

        SNN_HD void to_column(T* to, int width) const {
            to[0] = decay_m;
            to[1 * width] = decay_s;
            to[2 * width] = leak;
            to[3 * width] = v_th;
        }
    };
    using Sums = SumsOf<float>;

    SNN_HD static float held(const State& s) { return s.i; }
    template <class Spike = Heaviside>
    SNN_HD static State after(const Constants& c, const float* saved, float held) {
        return {saved[0] - Spike::spike(saved[0] - c.v_th) * drop(c, saved[0]), held};
    }
    template <class Spike = Heaviside>
    SNN_HD static void add_gradient(const Constants& c, const StepBack<CubaLif>& step, Sums& sums) {
        const float u = step.saved[0], d_u = step.now.u_next;
        const float d_threshold = step.surrogate * d_spike(c, step.later, u, step.d_output);
        const float reset =
            c.reset > 0.0f && c.drop_share == 0.0f ? Spike::spike(u - c.v_th) : 0.0f;
        const float d_v = c.decay_m * step.later.u_next;
        sums.decay_m = fused(d_u, step.before.v - step.before.i, sums.decay_m);
        sums.decay_s = fused(step.now.i_next, step.before.i, sums.decay_s);
        sums.leak = sums.leak + d_u;
        sums.v_th = sums.v_th - fused(reset, d_v, d_threshold);
    }
    static void chain(const Params& p, double dt, const SumsOf<double>& sums, Params& d) {
        const bool exact = p.integration == Integration::exact;
        const auto slope = [&](double tau) {
            return (exact ? std::exp(-dt / tau) : 1.0) * dt / (tau * tau);
        };
        const double coupling = exact ? -std::expm1(-dt / p.tau_m) : dt / p.tau_m;
        d.tau_m = slope(p.tau_m) * (sums.decay_m - p.v_leak * sums.leak);
        d.tau_s = slope(p.tau_s) * sums.decay_s;
        d.v_leak = coupling * sums.leak;
        d.v_th = sums.v_th;
    }
};

}  // namespace snnsim
