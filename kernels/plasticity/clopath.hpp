// Voltage-based plasticity: what changes a weight is the target's voltage, not its spikes.
#pragma once

#include <cmath>

#include "kernels/plasticity/model.hpp"
#include "kernels/steps.hpp"

namespace snnsim {

/// On an arrival: w -= a_ltd (u_bar_minus - theta_minus)+; all the time: dw/dt = a_ltp x (v -
/// theta_plus)+ (u_bar_plus - theta_minus)+, where x is the low-passed presynaptic spike train, and
/// u_bar_plus and u_bar_minus are those of the target delay_u_bars ago (Clopath et al. 2010, with
/// the delay that their own program has; NEST's clopath_synapse with A_LTD_const).
struct Clopath {
    static constexpr const char* name = "clopath";
    static constexpr int pre_traces = 1, post_traces = 1;
    static constexpr bool pairs_once = false;

    struct Params {
        double tau_x = 15.0, a_ltp = 8e-5, a_ltd = 14e-5;
        double theta_plus = -45.3, theta_minus = -70.6, delay_u_bars = 5.0;
        static constexpr auto fields() {
            return Fields{
                Field{"tau_x", &Params::tau_x, "ms", positive, "of the presynaptic trace x"},
                Field{"a_ltp", &Params::a_ltp, "", non_negative,
                      "per mV^2: w += w_max a_ltp x (v - theta_plus) (u_bar_plus - theta_minus) dt "
                      "in each step in which both brackets are positive"},
                Field{"a_ltd", &Params::a_ltd, "", non_negative,
                      "per mV: w -= w_max a_ltd (u_bar_minus - theta_minus) at a presynaptic "
                      "spike, where the bracket is positive"},
                Field{"theta_plus", &Params::theta_plus, "mV", unlimited,
                      "of the target's v, for potentiation"},
                Field{"theta_minus", &Params::theta_minus, "mV", unlimited,
                      "of its low-passed voltages"},
                Field{"delay_u_bars", &Params::delay_u_bars, "ms", non_negative,
                      "of the low-passed voltages, whose past starts at their initial value"}};
        }
    };
    struct Constants {
        float a_ltp, a_ltd, theta_plus, theta_minus;
        float dt = 0.0f;        // ms
        std::int32_t late = 0;  // delay_u_bars in steps
    };

    static std::array<double, 2> taus(const Params& p) { return {p.tau_x, 1.0}; }
    static Constants prepare(const Params& p) {
        return {static_cast<float>(p.a_ltp / p.tau_x), static_cast<float>(p.a_ltd),
                static_cast<float>(p.theta_plus), static_cast<float>(p.theta_minus)};
    }
    static void set_step(const Params& p, double dt, Constants& c) {
        c.dt = static_cast<float>(dt);
        c.late = static_cast<std::int32_t>(step_of(p.delay_u_bars, dt));
    }
    SNN_HD static float bumped(const Constants&, float x) { return x + 1.0f; }

    /// What a step adds to a weight per a_ltp x; not above 0: nothing. `u_bar_plus`: late.
    SNN_HD static float potentiation(const Constants& c, float v, float u_bar_plus) {
        const float over = v - c.theta_plus, low_passed = u_bar_plus - c.theta_minus;
        return over > 0.0f && low_passed > 0.0f ? over * low_passed * c.dt : 0.0f;
    }
    /// What an arrival takes off per a_ltd. `u_bar_minus`: late.
    SNN_HD static float depression(const Constants& c, float u_bar_minus) {
        const float over = u_bar_minus - c.theta_minus;
        return over > 0.0f ? over : 0.0f;
    }
    SNN_HD static float arrive(const Constants& c, float, const float*, const float* post) {
        return -c.a_ltd * post[0];
    }
    SNN_HD static float fire(const Constants& c, float, const float* pre, const float* post) {
        return c.a_ltp * pre[0] * post[0];
    }
};

}  // namespace snnsim
