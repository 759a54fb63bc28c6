// Leaky integrate-and-fire with exponential synaptic conductances.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/cells/conductances.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) - g_ex (v - e_ex) - g_in (v - e_in) + i_e + stimuli,
/// dg_x/dt = -g_x / tau_syn_x. v by the classical Runge-Kutta method of order 4 with the exact
/// decay of the conductances, and where they are strong or short for dt by an exponential one (see
/// conductances.hpp), then arriving weights are added to them; a refractory cell stays at v_reset.
/// The model of NEST's iaf_cond_exp (which adapts its steps).
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
            return Fields{
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
        float mean_ex, mean_in;    // of half a step, of conductances that are 1 at its start
        float strong;              // the conductance from which on Runge-Kutta will not do
        float g_l;
        float e_ex, e_in, v_th, v_reset;  // relative to e_l
        float refractory;                 // steps
        float i_e, e_l;
    };
    struct State {
        float v, g_ex, g_in, refractory;
    };

    static constexpr auto states() {
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
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
                f(mean_decay(0.5 * dt, p.tau_syn_ex)),
                f(mean_decay(0.5 * dt, p.tau_syn_in)),
                f(strong_conductance(dt, p.c_m, std::min(p.tau_syn_ex, p.tau_syn_in))),
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

    static void set_bounds(const Params& p, double, const Surroundings<State>& outside, State& low,
                           State& high) {
        Reach{outside.least.v, outside.greatest.v}
            .widen({0.0, p.e_ex - p.e_l, p.e_in - p.e_l, p.v_reset - p.e_l})
            .under_current(p.i_e + outside.least_current, p.i_e + outside.greatest_current, p.g_l)
            .set(low.v, high.v);
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
        const float ex1 = s.g_ex * c.half_ex, in1 = s.g_in * c.half_in;
        const float ex2 = ex1 * c.half_ex, in2 = in1 * c.half_in;
        const MembraneCurrent first = driven(c, s.g_ex, s.g_in, current);
        const MembraneCurrent middle = driven(c, ex1, in1, current);
        const MembraneCurrent last = driven(c, ex2, in2, current);
        const float k1 = first.at(s.v);
        const float k2 = middle.at(fused(c.h_half, k1, s.v));
        const float k3 = middle.at(fused(c.h_half, k2, s.v));
        const float k4 = last.at(fused(c.h, k3, s.v));
        float v = fused(c.h_sixth, k1 + 2.0f * (k2 + k3) + k4, s.v);
        if constexpr (MayBeStrong) {  // in two halves
            const float half =
                relaxed(s.v, c.h_half, first, mean(c, s.g_ex, s.g_in, current), middle);
            const float whole = relaxed(half, c.h_half, middle, mean(c, ex1, in1, current), last);
            v = is_strong(c, s) ? whole : v;
        }

        const bool waits = s.refractory > 0.0f;
        v = waits ? c.v_reset : v;
        s.g_ex = flushed(ex2 + in.receptor_0);
        s.g_in = flushed(in2 - in.receptor_1);
        const bool fires = !waits && v >= c.v_th;
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        s.v = fires ? c.v_reset : v;
        return fires ? 1.0f : 0.0f;
    }
    /// Of the half step that begins with these conductances.
    SNN_HD static MembraneCurrent mean(const Constants& c, float g_ex, float g_in, float current) {
        return driven(c, g_ex * c.mean_ex, g_in * c.mean_in, current);
    }
    SNN_HD static MembraneCurrent driven(const Constants& c, float g_ex, float g_in,
                                         float current) {
        return {fused(g_in, c.e_in, fused(g_ex, c.e_ex, current)), c.g_l + g_ex + g_in};
    }
};

}  // namespace snnsim
