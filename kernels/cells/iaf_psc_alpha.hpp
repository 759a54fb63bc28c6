// Leaky integrate-and-fire with alpha-shaped synaptic currents, integrated exactly.
#pragma once

#include <cmath>

#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// c_m dv/dt = -c_m (v - e_l) / tau_m + i_ex + i_in + i_e + stimuli, where a spike of weight w adds
/// the current w (t / tau_syn) e^(1 - t / tau_syn), whose peak is w. In a step v moves with the
/// currents as they were, the currents move, then arriving weights are added; a refractory cell
/// stays at v_reset. Rotter & Diesmann (1999); NEST's iaf_psc_alpha.
struct IafPscAlpha {
    static constexpr const char* name = "iaf_psc_alpha";
    static constexpr const char* input_unit = "pA";
    static constexpr int receptors = 2;
    static constexpr bool uses_random = false;

    struct Params {
        double c_m = 250.0;
        double tau_m = 10.0;
        double e_l = -70.0;
        double v_th = -55.0;
        double v_reset = -70.0;
        double t_ref = 2.0;
        double tau_syn_ex = 2.0;
        double tau_syn_in = 2.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "resting potential"},
                Field{"v_th", &Params::v_th, "mV", unlimited, "firing threshold"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited, "potential after a spike"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "refractory period"},
                Field{"tau_syn_ex", &Params::tau_syn_ex, "ms", positive,
                      "rise time of excitatory synaptic currents"},
                Field{"tau_syn_in", &Params::tau_syn_in, "ms", positive,
                      "rise time of inhibitory synaptic currents"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
            };
        }
    };
    struct Constants {
        float decay, by_ex, by_in, by_current;  // of v
        float by_slope_ex, by_slope_in;         // of v
        float decay_ex, decay_in;
        float dt;
        float slope_ex, slope_in;  // of a current of peak 1, at its start
        float v_th, v_reset;       // relative to e_l
        float refractory;          // steps
        float i_e, e_l;
    };
    struct State {
        float v, i_ex, i_in;
        float slope_ex, slope_in;  // i_x(t) = (i_x + slope_x t) e^(-t / tau_syn_x)
        float refractory;
    };

    static constexpr auto states() {
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
            StateField<State, Constants>{"i_ex", &State::i_ex, "pA", "excitatory current"},
            StateField<State, Constants>{"i_in", &State::i_in, "pA", "inhibitory current"},
            StateField<State, Constants>{"slope_ex", &State::slope_ex, "",
                                         "slope of the excitatory alpha function (pA/ms)"},
            StateField<State, Constants>{"slope_in", &State::slope_in, "",
                                         "slope of the inhibitory alpha function (pA/ms)"},
            StateField<State, Constants>{"refractory", &State::refractory, "",
                                         "steps until the cell integrates again"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        return {static_cast<float>(std::exp(-dt / p.tau_m)),
                static_cast<float>(current_to_v(dt, p.c_m, p.tau_m, p.tau_syn_ex)),
                static_cast<float>(current_to_v(dt, p.c_m, p.tau_m, p.tau_syn_in)),
                static_cast<float>(-std::expm1(-dt / p.tau_m) * p.tau_m / p.c_m),
                static_cast<float>(alpha_to_v(dt, p.c_m, p.tau_m, p.tau_syn_ex)),
                static_cast<float>(alpha_to_v(dt, p.c_m, p.tau_m, p.tau_syn_in)),
                static_cast<float>(std::exp(-dt / p.tau_syn_ex)),
                static_cast<float>(std::exp(-dt / p.tau_syn_in)),
                static_cast<float>(dt),
                static_cast<float>(std::exp(1.0) / p.tau_syn_ex),
                static_cast<float>(std::exp(1.0) / p.tau_syn_in),
                static_cast<float>(p.v_th - p.e_l),
                static_cast<float>(p.v_reset - p.e_l),
                refractory_steps(p.t_ref, dt),
                static_cast<float>(p.i_e),
                static_cast<float>(p.e_l)};
    }
    static State rest(const Params&, const Constants&) { return {}; }
    /// Mean current of spikes of weight 1 that arrive at 1 per ms.
    static double current_of_rate(const Params& p, double weight) {
        return std::exp(1.0) * (weight < 0.0 ? p.tau_syn_in : p.tau_syn_ex);
    }
    /// Currents of one time constant are one current.
    static bool shares_receptor(const Params& p) { return p.tau_syn_ex == p.tau_syn_in; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const bool waits = s.refractory > 0.0f;
        float v = c.decay * s.v;
        v = fused(s.i_ex, c.by_ex, v);
        v = fused(s.i_in, c.by_in, v);
        v = fused(s.slope_ex, c.by_slope_ex, v);
        v = fused(s.slope_in, c.by_slope_in, v);
        v = fused(c.i_e + in.current, c.by_current, v);
        v = waits ? c.v_reset : v;
        s.i_ex = flushed(c.decay_ex * fused(c.dt, s.slope_ex, s.i_ex));
        s.i_in = flushed(c.decay_in * fused(c.dt, s.slope_in, s.i_in));
        s.slope_ex = flushed(fused(s.slope_ex, c.decay_ex, c.slope_ex * in.receptor_0));
        s.slope_in = flushed(fused(s.slope_in, c.decay_in, c.slope_in * in.receptor_1));
        const bool fires = !waits && v >= c.v_th;
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        s.v = fires ? c.v_reset : v;
        return fires ? 1.0f : 0.0f;
    }
};

}  // namespace snnsim
