// Hodgkin-Huxley cell with the channels of Traub & Miles and exponential synaptic conductances.
#pragma once

#include <cmath>

#include "kernels/cells/conductances.hpp"
#include "kernels/cells/gates.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) - g_na m^3 h (v - e_na) - g_k n^4 (v - e_k) - g_ex (v - e_ex)
/// - g_in (v - e_in) + i_e + stimuli, dx/dt = alpha_x(v - v_t) (1 - x) - beta_x(v - v_t) x for m, h
/// and n, dg_x/dt = -g_x / tau_syn_x (Traub & Miles 1991 as modified for the benchmarks of Brette
/// et al. 2007). A dt beyond 0.1 ms is made in equal parts of at most 0.05 ms. v and the gates take
/// turns, four times a part, each with the other as it is in the middle of the step (Hines 1984),
/// so that the gates are recorded half such a step before v; each by the trapezoidal rule, or where
/// that would overshoot by one that does not. Arriving weights are added to the conductances at the
/// end of dt. A spike is a dt with the first part in which v falls from above v_t + 30 mV, once
/// each time that v is above, and more than t_ref after the spike before. The model of NEST's
/// hh_cond_exp_traub (which adapts its steps).
struct HhCondExpTraub {
    static constexpr const char* name = "hh_cond_exp_traub";
    static constexpr const char* input_unit = "nS";
    static constexpr int receptors = 2;  // a negative weight counts as inhibitory conductance
    static constexpr bool uses_random = false;
    static constexpr double longest_dt = 0.5;  // ms: a cell fires at most once in a dt

    struct Params {
        double c_m = 200.0;
        double g_l = 10.0;
        double g_na = 20000.0;
        double g_k = 6000.0;
        double e_l = -60.0;
        double e_na = 50.0;
        double e_k = -90.0;
        double v_t = -63.0;
        double t_ref = 2.0;
        double e_ex = 0.0;
        double e_in = -80.0;
        double tau_syn_ex = 5.0;
        double tau_syn_in = 10.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"g_l", &Params::g_l, "nS", non_negative, "leak conductance"},
                Field{"g_na", &Params::g_na, "nS", non_negative, "sodium conductance, all open"},
                Field{"g_k", &Params::g_k, "nS", non_negative, "potassium conductance, all open"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "leak reversal potential"},
                Field{"e_na", &Params::e_na, "mV", unlimited, "sodium reversal potential"},
                Field{"e_k", &Params::e_k, "mV", unlimited, "potassium reversal potential"},
                Field{"v_t", &Params::v_t, "mV", unlimited,
                      "shifts the channels' dependence on v; sets the threshold"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative,
                      "time after a spike in which none is counted"},
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
        float parts;             // of a dt
        float half;              // substep / 2
        float half_c;            // substep / 2 / c_m
        float half_ex, half_in;  // decay of conductances in half a substep
        float g_l, g_na, g_k;
        float e_na, e_k, e_ex, e_in;  // relative to e_l
        float shift;                  // e_l - v_t
        float v_fire;                 // relative to e_l
        float refractory;             // steps
        float i_e, e_l;
    };
    struct State {
        float v, m, h, n, g_ex, g_in, refractory, passed;
    };

    static constexpr const char* steady = "its steady value at `e_l`";
    static constexpr auto states() {
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
            StateField<State, Constants>{"m", &State::m, "", "sodium activation", nullptr, steady},
            StateField<State, Constants>{"h", &State::h, "", "sodium inactivation", nullptr,
                                         steady},
            StateField<State, Constants>{"n", &State::n, "", "potassium activation", nullptr,
                                         steady},
            StateField<State, Constants>{"g_ex", &State::g_ex, "nS", "excitatory conductance"},
            StateField<State, Constants>{"g_in", &State::g_in, "nS", "inhibitory conductance"},
            StateField<State, Constants>{"refractory", &State::refractory, "",
                                         "steps until the next spike can be counted"},
            StateField<State, Constants>{"passed", &State::passed, "",
                                         "1 from the peak of a spike until v is below v_t + 30 mV"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double parts = dt > 0.1 + 1e-9 ? std::ceil(dt / 0.05 - 1e-9) : 1.0;
        const double substep = dt / parts / 4.0;
        return {f(parts),
                f(substep / 2.0),
                f(substep / 2.0 / p.c_m),
                f(std::exp(-0.5 * substep / p.tau_syn_ex)),
                f(std::exp(-0.5 * substep / p.tau_syn_in)),
                f(p.g_l),
                f(p.g_na),
                f(p.g_k),
                f(p.e_na - p.e_l),
                f(p.e_k - p.e_l),
                f(p.e_ex - p.e_l),
                f(p.e_in - p.e_l),
                f(p.e_l - p.v_t),
                f(p.v_t + 30.0 - p.e_l),
                refractory_steps(p.t_ref, dt),
                f(p.i_e),
                f(p.e_l)};
    }
    /// At e_l with the gates as they are there.
    static State rest(const Params&, const Constants& c) {
        const Rates r = rates(c, 0.0f);
        return {0.0f,
                r.open_m / (r.open_m + r.close_m),
                r.open_h / (r.open_h + r.close_h),
                r.open_n / (r.open_n + r.close_n),
                0.0f,
                0.0f,
                0.0f,
                0.0f};
    }

    static void set_bounds(const Params& p, double, const Surroundings<State>& outside, State& low,
                           State& high) {
        Reach v{outside.least.v, outside.greatest.v};
        v.widen({0.0, p.e_na - p.e_l, p.e_k - p.e_l, p.e_ex - p.e_l, p.e_in - p.e_l})
            .under_current(p.i_e + outside.least_current, p.i_e + outside.greatest_current, p.g_l);
        v.low = std::max(v.low, -0.98 * farthest_membrane),
        v.high = std::min(v.high, 0.98 * farthest_membrane);
        v.set(low.v, high.v);
        for (float State::*const gate : {&State::m, &State::h, &State::n}) {
            low.*gate = std::min(outside.least.*gate, 0.0f) - 1e-4f;
            high.*gate = std::max(outside.greatest.*gate, 1.0f) + 1e-4f;
        }
        low.g_ex = low.g_in = 0.0f;
    }
    /// How many parts a dt has before its last one, which `step` makes.
    SNN_HD static int parts_before(const Constants& c) { return static_cast<int>(c.parts) - 1; }
    SNN_HD static void step_part(const Constants& c, State& s, const CellInput& in) {
        const float before = s.v, current = c.i_e + in.current;
        substep(c, s, current);
        substep(c, s, current);
        substep(c, s, current);
        substep(c, s, current);
        const bool peaks = before >= c.v_fire && s.v < before && s.passed == 0.0f;
        const float passed = peaks ? spike_found : s.passed;
        s.passed = passed == 1.0f && s.v < c.v_fire ? 0.0f : passed;
    }
    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        step_part(c, s, in);
        s.g_ex = flushed(s.g_ex + in.receptor_0);
        s.g_in = flushed(s.g_in - in.receptor_1);
        const bool found = s.passed == spike_found, waits = s.refractory > 0.0f;
        const float above = s.v < c.v_fire ? 0.0f : 1.0f;
        s.passed = found ? above : s.passed;
        const bool fires = found && !waits;
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        return fires ? 1.0f : 0.0f;
    }

  private:
    static constexpr float spike_found = 2.0f;  // `passed` to the end of the dt

    struct Rates {
        float open_m, close_m, open_h, close_h, open_n, close_n;  // per ms
    };

    SNN_HD static void substep(const Constants& c, State& s, float current) {
        const Rates r = rates(c, s.v);
        s.m = moved(c.half, s.m, r.open_m, r.close_m);
        s.h = moved(c.half, s.h, r.open_h, r.close_h);
        s.n = moved(c.half, s.n, r.open_n, r.close_n);
        const float ex = s.g_ex * c.half_ex, in = s.g_in * c.half_in;
        s.g_ex = ex * c.half_ex;
        s.g_in = in * c.half_in;
        const float na = c.g_na * (s.m * s.m * s.m * s.h);
        const float n2 = s.n * s.n, k = c.g_k * (n2 * n2);
        const float total = c.g_l + na + k + ex + in;
        float flow = fused(na, c.e_na, fused(k, c.e_k, current));
        flow = fused(ex, c.e_ex, fused(in, c.e_in, flow));
        flow = fused(-total, s.v, flow);
        s.v = bounded_membrane(s.v + 2.0f * c.half_c * flow / slowed(c.half_c, total));
    }
    SNN_HD static Rates rates(const Constants& c, float v) {
        const float shifted = v + c.shift;
        const float above = shifted > -300.0f ? shifted : -300.0f;
        const float u = above < 300.0f ? above : 300.0f;  // where nothing overflows
        const float x = (u - 40.0f) * 0.2f, exp_x = exp_in_range(x), exp_minus = 1.0f / exp_x;
        const float x_m = (13.0f - u) * 0.25f;
        return {1.28f * linoid(x_m, exp_in_range(x_m)),
                1.4f * linoid(x, exp_x),
                0.128f * exp_in_range((17.0f - u) * (1.0f / 18.0f)),
                4.0f / (1.0f + exp_minus),
                0.16f * linoid(-5.0f - x, 6.737947e-3f * exp_minus),
                0.5f * exp_in_range((10.0f - u) * 0.025f)};
    }
};

}  // namespace snnsim
