// Adaptive exponential integrate-and-fire with exponential synaptic conductances.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/cells/conductances.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) + g_l delta_t e^((v - v_th) / delta_t) - g_ex (v - e_ex)
/// - g_in (v - e_in) - w + i_e + stimuli, tau_w dw/dt = a (v - e_l) - w, dg_x/dt = -g_x /
/// tau_syn_x. A cell fires when v reaches v_peak: then v = v_reset, w = w + b, and v rests for
/// t_ref (Brette & Gerstner 2005). Four steps a dt of the classical Runge-Kutta method of order 4,
/// with the exact decay of the conductances; where these are strong or short for such a step, or
/// tau_w is, v by an exponential method (see conductances.hpp) with the mean of the other currents
/// at both ends, w likewise. Arriving weights are added to the conductances at the end of dt. A
/// cell fires at most once in a dt. The model of NEST's aeif_cond_exp (which adapts its steps).
struct AeifCondExp {
    static constexpr const char* name = "aeif_cond_exp";
    static constexpr const char* input_unit = "nS";
    static constexpr int receptors = 2;  // a negative weight counts as inhibitory conductance
    static constexpr bool uses_random = false;

    struct Params {
        double c_m = 281.0;
        double g_l = 30.0;
        double e_l = -70.6;
        double v_th = -50.4;
        double delta_t = 2.0;
        double v_peak = 0.0;
        double v_reset = -60.0;
        double t_ref = 0.0;
        double a = 4.0;
        double b = 80.5;
        double tau_w = 144.0;
        double e_ex = 0.0;
        double e_in = -85.0;
        double tau_syn_ex = 0.2;
        double tau_syn_in = 2.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"g_l", &Params::g_l, "nS", non_negative, "leak conductance"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "leak reversal potential"},
                Field{"v_th", &Params::v_th, "mV", unlimited, "where a spike takes off"},
                Field{"delta_t", &Params::delta_t, "mV", non_negative,
                      "width of the take-off; 0: none, and the cell fires at v_th"},
                Field{"v_peak", &Params::v_peak, "mV", unlimited, "v at which a spike is cut off"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited, "potential after a spike"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "refractory period"},
                Field{"a", &Params::a, "nS", unlimited, "adaptation by v"},
                Field{"b", &Params::b, "pA", unlimited, "adaptation by a spike"},
                Field{"tau_w", &Params::tau_w, "ms", positive, "time constant of adaptation"},
                Field{"e_ex", &Params::e_ex, "mV", unlimited, "excitatory reversal potential"},
                Field{"e_in", &Params::e_in, "mV", unlimited, "inhibitory reversal potential"},
                Field{"tau_syn_ex", &Params::tau_syn_ex, "ms", positive,
                      "time constant of the excitatory conductance"},
                Field{"tau_syn_in", &Params::tau_syn_in, "ms", positive,
                      "time constant of the inhibitory conductance"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
            };
        }
    };
    struct Constants {
        float h, h_half, h_sixth;        // substep / c_m, and its parts
        float hw, hw_half, hw_sixth;     // substep / tau_w, and its parts
        float decay_w;                   // in a substep
        float half_ex, half_in;          // decay of conductances in half a substep
        float mean_ex, mean_in;          // of a substep, of conductances that are 1 at its start
        float strong;                    // the conductance from which on Runge-Kutta will not do
        float g_l, g_delta, per_delta;   // g_delta: g_l delta_t
        float e_ex, e_in, v_th, v_peak;  // relative to e_l
        float v_reset;                   // relative to e_l
        float a, b;
        float refractory;  // steps
        float i_e, e_l;
    };
    struct State {
        float v, w, g_ex, g_in, refractory;
    };

    static constexpr auto states() {
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
            StateField<State, Constants>{"w", &State::w, "pA", "adaptation current"},
            StateField<State, Constants>{"g_ex", &State::g_ex, "nS", "excitatory conductance"},
            StateField<State, Constants>{"g_in", &State::g_in, "nS", "inhibitory conductance"},
            StateField<State, Constants>{"refractory", &State::refractory, "",
                                         "steps until the cell integrates again"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double substep = dt / 4.0, h = substep / p.c_m, hw = substep / p.tau_w;
        const bool takes_off = p.delta_t > 0.0;
        return {f(h),
                f(h / 2.0),
                f(h / 6.0),
                f(hw),
                f(hw / 2.0),
                f(hw / 6.0),
                f(std::exp(-hw)),
                f(std::exp(-0.5 * substep / p.tau_syn_ex)),
                f(std::exp(-0.5 * substep / p.tau_syn_in)),
                f(mean_decay(substep, p.tau_syn_ex)),
                f(mean_decay(substep, p.tau_syn_in)),
                f(strong_conductance(substep, p.c_m,
                                     std::min({p.tau_syn_ex, p.tau_syn_in, 0.5 * p.tau_w}))),
                f(p.g_l),
                f(p.g_l * p.delta_t),
                takes_off ? f(1.0 / p.delta_t) : 0.0f,
                f(p.e_ex - p.e_l),
                f(p.e_in - p.e_l),
                f(p.v_th - p.e_l),
                f((takes_off ? p.v_peak : p.v_th) - p.e_l),
                f(p.v_reset - p.e_l),
                f(p.a),
                f(p.b),
                refractory_steps(p.t_ref, dt),
                f(p.i_e),
                f(p.e_l)};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    /// w is at most what v can make it, and what a spike in every step or after every refractory
    /// period adds; v falls by that much more. Where a < -g_l it may fall without end.
    static void set_bounds(const Params& p, double dt, const Surroundings<State>& outside,
                           State& low, State& high) {
        Reach v{outside.least.v, outside.greatest.v};
        v.widen({0.0, p.e_ex - p.e_l, p.e_in - p.e_l, p.v_reset - p.e_l, p.v_peak - p.e_l,
                 p.v_th - p.e_l});
        const double pause = dt * std::max(1.0, static_cast<double>(refractory_steps(p.t_ref, dt)));
        const double by_spikes = std::max(p.b, 0.0) / -std::expm1(-pause / p.tau_w);
        const double w = std::max({0.0, static_cast<double>(outside.greatest.w), p.a * v.high});
        v.under_current(std::min(0.0, p.i_e + outside.least_current) - by_spikes - w, 0.0, p.g_l);
        if (p.a < 0.0) v.low = -p.a < p.g_l ? v.low / (1.0 + p.a / p.g_l) : -lowest;
        v.low = std::max(v.low, -0.98 * lowest);
        v.set(low.v, high.v);
        low.g_ex = low.g_in = 0.0f;
    }
    /// The cell needs step_strong, which is `step` for all others.
    SNN_HD static bool is_strong(const Constants& c, const State& s) {
        return c.g_l + s.g_ex + s.g_in > c.strong;
    }
    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        return step_as<false>(c, s, in);
    }
    SNN_HD static float step_strong(const Constants& c, State& s, const CellInput& in) {
        return step_as<true>(c, s, in);
    }

  private:
    template <bool MayBeStrong>
    SNN_HD static float step_as(const Constants& c, State& s, const CellInput& in) {
        const float current = c.i_e + in.current;
        const float waits = s.refractory;
        const bool strong = MayBeStrong && is_strong(c, s);
        float sent = 0.0f;
        substep<MayBeStrong>(c, s, current, strong, waits, sent);
        substep<MayBeStrong>(c, s, current, strong, waits, sent);
        substep<MayBeStrong>(c, s, current, strong, waits, sent);
        substep<MayBeStrong>(c, s, current, strong, waits, sent);
        s.g_ex = flushed(s.g_ex + in.receptor_0);
        s.g_in = flushed(s.g_in - in.receptor_1);
        s.w = flushed(s.w);
        s.refractory = sent > 0.0f ? c.refractory : waits > 0.0f ? waits - 1.0f : 0.0f;
        return sent;
    }

    template <bool MayBeStrong>
    SNN_HD static void substep(const Constants& c, State& s, float current, bool strong,
                               float waits, float& sent) {
        const float ex1 = s.g_ex * c.half_ex, in1 = s.g_in * c.half_in;
        const float ex2 = ex1 * c.half_ex, in2 = in1 * c.half_in;
        const MembraneCurrent first = driven(c, s.g_ex, s.g_in, current);
        const MembraneCurrent middle = driven(c, ex1, in1, current);
        const MembraneCurrent last = driven(c, ex2, in2, current);

        const float k1 = slope(c, s.v, first, s.w), l1 = fused(c.a, s.v, -s.w);
        const float v1 = bounded(c, fused(c.h_half, k1, s.v)), w1 = fused(c.hw_half, l1, s.w);
        const float k2 = slope(c, v1, middle, w1), l2 = fused(c.a, v1, -w1);
        const float v2 = bounded(c, fused(c.h_half, k2, s.v)), w2 = fused(c.hw_half, l2, s.w);
        const float k3 = slope(c, v2, middle, w2), l3 = fused(c.a, v2, -w2);
        const float v3 = bounded(c, fused(c.h, k3, s.v)), w3 = fused(c.hw, l3, s.w);
        const float k4 = slope(c, v3, last, w3), l4 = fused(c.a, v3, -w3);
        float v = bounded(c, fused(c.h_sixth, k1 + 2.0f * (k2 + k3) + k4, s.v));
        float w = fused(c.hw_sixth, l1 + 2.0f * (l2 + l3) + l4, s.w);
        if constexpr (MayBeStrong) {
            const Moved moved = moved_strongly(
                c, s, first, driven(c, s.g_ex * c.mean_ex, s.g_in * c.mean_in, current), last);
            v = strong ? moved.v : v;
            w = strong ? moved.w : w;
        }
        s.w = w;
        s.g_ex = ex2;
        s.g_in = in2;

        const bool waiting = waits > 0.0f || (sent > 0.0f && c.refractory > 0.0f);
        const bool fires = !waiting && sent == 0.0f && v >= c.v_peak;
        s.v = waiting || fires ? c.v_reset : v;
        s.w = fires ? s.w + c.b : s.w;
        sent = fires ? 1.0f : sent;
    }
    SNN_HD static MembraneCurrent driven(const Constants& c, float g_ex, float g_in,
                                         float current) {
        return {fused(g_in, c.e_in, fused(g_ex, c.e_ex, current)), c.g_l + g_ex + g_in};
    }
    /// c_m dv/dt.
    SNN_HD static float slope(const Constants& c, float v, MembraneCurrent i, float w) {
        return fused(c.g_delta, take_off(c, v), fused(-i.total, v, i.flow - w));
    }
    /// e^((v - v_th) / delta_t). From e^20 on, a spike takes less than a substep.
    SNN_HD static float take_off(const Constants& c, float v) {
        const float x = (v - c.v_th) * c.per_delta;
        const float above = x > -80.0f ? x : -80.0f;
        return exp_in_range(above < 20.0f ? above : 20.0f);
    }
    struct Moved {
        float v, w;
    };
    /// v and w after a substep: by the take-off and w as they are, then by the mean of these and of
    /// what they are then.
    SNN_HD static Moved moved_strongly(const Constants& c, const State& s, MembraneCurrent first,
                                       MembraneCurrent mean, MembraneCurrent last) {
        const float before = fused(c.g_delta, take_off(c, s.v), -s.w);
        const Moved guess = moved_by(c, s, before, s.v, first, mean, last);
        const float after = fused(c.g_delta, take_off(c, guess.v), -guess.w);
        return moved_by(c, s, 0.5f * (before + after), 0.5f * (s.v + guess.v), first, mean, last);
    }
    /// The same with a current, and with `v` for what w follows.
    SNN_HD static Moved moved_by(const Constants& c, const State& s, float current, float v,
                                 MembraneCurrent first, MembraneCurrent mean,
                                 MembraneCurrent last) {
        first.flow += current, mean.flow += current, last.flow += current;
        const float aim = c.a * v;
        return {bounded(c, relaxed(s.v, c.h, first, mean, last)), fused(s.w - aim, c.decay_w, aim)};
    }
    /// Not beyond the peak, nor so low that anything could overflow.
    SNN_HD static float bounded(const Constants& c, float v) {
        const float low = v > -lowest ? v : -lowest;
        return low < c.v_peak ? low : c.v_peak;
    }
    static constexpr float lowest = 1e6f;
};

}  // namespace snnsim
