// Adaptive exponential integrate-and-fire with exponential synaptic conductances.
#pragma once

#include <cmath>

#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) + g_l delta_t e^((v - v_th) / delta_t) - g_ex (v - e_ex)
/// - g_in (v - e_in) - w + i_e + stimuli, tau_w dw/dt = a (v - e_l) - w, dg_x/dt = -g_x /
/// tau_syn_x. A cell fires when v reaches v_peak: then v = v_reset, w = w + b, and v rests for
/// t_ref (Brette & Gerstner 2005). Four steps a dt of the classical Runge-Kutta method of order 4,
/// with the exact decay of the conductances; arriving weights are added to them at the end of dt. A
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
            return std::tuple{
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
        float half_ex, half_in;          // decay of conductances in half a substep
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
        return std::tuple{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l},
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
                f(std::exp(-0.5 * substep / p.tau_syn_ex)),
                f(std::exp(-0.5 * substep / p.tau_syn_in)),
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

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const float current = c.i_e + in.current;
        const float waits = s.refractory;
        float sent = 0.0f;
        substep(c, s, current, waits, sent);
        substep(c, s, current, waits, sent);
        substep(c, s, current, waits, sent);
        substep(c, s, current, waits, sent);
        s.g_ex = flushed(s.g_ex + in.receptor_0);
        s.g_in = flushed(s.g_in - in.receptor_1);
        s.w = flushed(s.w);
        s.refractory = sent > 0.0f ? c.refractory : waits > 0.0f ? waits - 1.0f : 0.0f;
        return sent;
    }

  private:
    SNN_HD static void substep(const Constants& c, State& s, float current, float waits,
                               float& sent) {
        const float ex1 = s.g_ex * c.half_ex, in1 = s.g_in * c.half_in;
        const float ex2 = ex1 * c.half_ex, in2 = in1 * c.half_in;
        // The membrane current is flow - w - total v + the take-off.
        const float flow0 = driven(c, s.g_ex, s.g_in, current), total0 = c.g_l + s.g_ex + s.g_in;
        const float flow1 = driven(c, ex1, in1, current), total1 = c.g_l + ex1 + in1;
        const float flow2 = driven(c, ex2, in2, current), total2 = c.g_l + ex2 + in2;

        const float k1 = slope(c, s.v, flow0 - s.w, total0), l1 = fused(c.a, s.v, -s.w);
        const float v1 = bounded(c, fused(c.h_half, k1, s.v)), w1 = fused(c.hw_half, l1, s.w);
        const float k2 = slope(c, v1, flow1 - w1, total1), l2 = fused(c.a, v1, -w1);
        const float v2 = bounded(c, fused(c.h_half, k2, s.v)), w2 = fused(c.hw_half, l2, s.w);
        const float k3 = slope(c, v2, flow1 - w2, total1), l3 = fused(c.a, v2, -w2);
        const float v3 = bounded(c, fused(c.h, k3, s.v)), w3 = fused(c.hw, l3, s.w);
        const float k4 = slope(c, v3, flow2 - w3, total2), l4 = fused(c.a, v3, -w3);
        const float v = bounded(c, fused(c.h_sixth, k1 + 2.0f * (k2 + k3) + k4, s.v));
        s.w = fused(c.hw_sixth, l1 + 2.0f * (l2 + l3) + l4, s.w);
        s.g_ex = ex2;
        s.g_in = in2;

        const bool waiting = waits > 0.0f || (sent > 0.0f && c.refractory > 0.0f);
        const bool fires = !waiting && sent == 0.0f && v >= c.v_peak;
        s.v = waiting || fires ? c.v_reset : v;
        s.w = fires ? s.w + c.b : s.w;
        sent = fires ? 1.0f : sent;
    }
    SNN_HD static float driven(const Constants& c, float g_ex, float g_in, float current) {
        return fused(g_in, c.e_in, fused(g_ex, c.e_ex, current));
    }
    /// c_m dv/dt. From e^20 on, a spike takes less than a substep.
    SNN_HD static float slope(const Constants& c, float v, float flow, float total) {
        const float x = (v - c.v_th) * c.per_delta;
        const float above = x > -80.0f ? x : -80.0f;
        const float take_off = exp_in_range(above < 20.0f ? above : 20.0f);
        return fused(c.g_delta, take_off, fused(-total, v, flow));
    }
    /// Not beyond the peak, nor so low that anything could overflow.
    SNN_HD static float bounded(const Constants& c, float v) {
        const float low = v > -10000.0f ? v : -10000.0f;
        return low < c.v_peak ? low : c.v_peak;
    }
};

}  // namespace snnsim
