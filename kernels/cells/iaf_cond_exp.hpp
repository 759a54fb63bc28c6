// Leaky integrate-and-fire with exponential synaptic conductances.
#pragma once

#include <cmath>

#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) - g_ex (v - e_ex) - g_in (v - e_in) + i_e + stimuli,
/// dg_x/dt = -g_x / tau_syn_x. v by the classical Runge-Kutta method of order 4 with the exact
/// decay of the conductances, then arriving weights are added to them; a refractory cell stays at
/// v_reset. The model of NEST's iaf_cond_exp (which adapts its steps).
struct IafCondExp {
    static constexpr const char* name = "iaf_cond_exp";
    static constexpr const char* input_unit = "nS";
    static constexpr int receptors = 2;  // a negative weight counts as inhibitory conductance
    static constexpr bool uses_random = false;

    struct Params {
        double c_m = 250.0;
        double g_l = 16.6667;
        double e_l = -70.0;
        double v_th = -55.0;
        double v_reset = -60.0;
        double t_ref = 2.0;
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
                Field{"v_th", &Params::v_th, "mV", unlimited, "firing threshold"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited, "potential after a spike"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "refractory period"},
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
        float h, h_half, h_sixth;  // dt / c_m, and its parts
        float half_ex, half_in;    // decay of conductances in half a step
        float g_l;
        float e_ex, e_in, v_th, v_reset;  // relative to e_l
        float refractory;                 // steps
        float i_e, e_l;
    };
    struct State {
        float v, g_ex, g_in, refractory;
    };

    static constexpr auto states() {
        return std::tuple{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l},
            StateField<State, Constants>{"g_ex", &State::g_ex, "nS", "excitatory conductance"},
            StateField<State, Constants>{"g_in", &State::g_in, "nS", "inhibitory conductance"},
            StateField<State, Constants>{"refractory", &State::refractory, "",
                                         "steps until the cell integrates again"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double h = dt / p.c_m;
        return {f(h),
                f(h / 2.0),
                f(h / 6.0),
                f(std::exp(-0.5 * dt / p.tau_syn_ex)),
                f(std::exp(-0.5 * dt / p.tau_syn_in)),
                f(p.g_l),
                f(p.e_ex - p.e_l),
                f(p.e_in - p.e_l),
                f(p.v_th - p.e_l),
                f(p.v_reset - p.e_l),
                refractory_steps(p.t_ref, dt),
                f(p.i_e),
                f(p.e_l)};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const float current = c.i_e + in.current;
        const float ex1 = s.g_ex * c.half_ex, in1 = s.g_in * c.half_in;
        const float ex2 = ex1 * c.half_ex, in2 = in1 * c.half_in;
        // The membrane current is flow - total v, linear in v.
        const float flow0 = driven(c, s.g_ex, s.g_in, current), total0 = c.g_l + s.g_ex + s.g_in;
        const float flow1 = driven(c, ex1, in1, current), total1 = c.g_l + ex1 + in1;
        const float flow2 = driven(c, ex2, in2, current), total2 = c.g_l + ex2 + in2;
        const float k1 = fused(-total0, s.v, flow0);
        const float k2 = fused(-total1, fused(c.h_half, k1, s.v), flow1);
        const float k3 = fused(-total1, fused(c.h_half, k2, s.v), flow1);
        const float k4 = fused(-total2, fused(c.h, k3, s.v), flow2);
        float v = fused(c.h_sixth, k1 + 2.0f * (k2 + k3) + k4, s.v);

        const bool waits = s.refractory > 0.0f;
        v = waits ? c.v_reset : v;
        s.g_ex = flushed(ex2 + in.receptor_0);
        s.g_in = flushed(in2 - in.receptor_1);
        const bool fires = !waits && v >= c.v_th;
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        s.v = fires ? c.v_reset : v;
        return fires ? 1.0f : 0.0f;
    }

  private:
    SNN_HD static float driven(const Constants& c, float g_ex, float g_in, float current) {
        return fused(g_in, c.e_in, fused(g_ex, c.e_ex, current));
    }
};

}  // namespace snnsim
