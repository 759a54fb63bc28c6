// Adaptive exponential integrate-and-fire with what voltage-based plasticity needs: a clamped
// spike, an afterpotential, an adaptive threshold and low-passed voltages.
#pragma once

#include <cmath>

#include "kernels/cells/conductances.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) + g_l delta_t exp((v - v_th) / delta_t) - w + z + i_e + stimuli,
/// tau_w dw/dt = a (v - e_l) - w, tau_z dz/dt = -z, tau_v_th dv_th/dt = v_th_rest - v_th,
/// tau_u_bar_x du_bar_x/dt = v - u_bar_x for plus and minus, and u_bar_bar follows u_bar_minus
/// (Clopath et al. 2010). At v_peak a spike: w += b, z = i_sp, v_th = v_th_max, and v is v_clamp
/// for t_clamp, then v_reset, and stays there for t_ref. Weights make v jump, unless it is held.
/// The model of NEST's aeif_psc_delta_clopath (which adapts its steps); here parts of at most 0.01
/// ms by the midpoint rule.
struct AeifPscDeltaClopath {
    static constexpr const char* name = "aeif_psc_delta_clopath";
    static constexpr const char* input_unit = "mV";
    static constexpr int receptors = 1;
    static constexpr bool uses_random = false;
    static constexpr double longest_dt = 0.5;  // ms

    struct Params {
        double c_m = 281.0;
        double g_l = 30.0;
        double e_l = -70.6;
        double delta_t = 2.0;
        double v_peak = 33.0;
        double v_reset = -60.0;
        double t_ref = 0.0;
        double a = 4.0;
        double b = 80.5;
        double tau_w = 144.0;
        double i_sp = 400.0;
        double tau_z = 40.0;
        double v_th_rest = -50.4;
        double v_th_max = 30.4;
        double tau_v_th = 50.0;
        double v_clamp = 33.0;
        double t_clamp = 2.0;
        double tau_u_bar_plus = 7.0;
        double tau_u_bar_minus = 10.0;
        double tau_u_bar_bar = 500.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"g_l", &Params::g_l, "nS", positive, "leak conductance"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "leak reversal potential"},
                Field{"delta_t", &Params::delta_t, "mV", positive, "sharpness of the upswing"},
                Field{"v_peak", &Params::v_peak, "mV", unlimited, "a spike is found there"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited, "potential after the clamp"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "time that it stays there"},
                Field{"a", &Params::a, "nS", unlimited, "subthreshold adaptation"},
                Field{"b", &Params::b, "pA", unlimited, "what a spike adds to w"},
                Field{"tau_w", &Params::tau_w, "ms", positive, "time constant of w"},
                Field{"i_sp", &Params::i_sp, "pA", unlimited,
                      "depolarising current z after a spike"},
                Field{"tau_z", &Params::tau_z, "ms", positive, "its time constant"},
                Field{"v_th_rest", &Params::v_th_rest, "mV", unlimited, "threshold at rest"},
                Field{"v_th_max", &Params::v_th_max, "mV", unlimited, "threshold after a spike"},
                Field{"tau_v_th", &Params::tau_v_th, "ms", positive, "its time constant"},
                Field{"v_clamp", &Params::v_clamp, "mV", unlimited, "potential during a spike"},
                Field{"t_clamp", &Params::t_clamp, "ms", positive, "how long a spike lasts"},
                Field{"tau_u_bar_plus", &Params::tau_u_bar_plus, "ms", positive,
                      "time constant of u_bar_plus"},
                Field{"tau_u_bar_minus", &Params::tau_u_bar_minus, "ms", positive,
                      "time constant of u_bar_minus"},
                Field{"tau_u_bar_bar", &Params::tau_u_bar_bar, "ms", positive,
                      "time constant of u_bar_bar"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
            };
        }
    };
    struct Constants {
        float parts;  // of a dt
        float part;   // ms
        float part_by_c;
        float g_l, e_l, delta_t, v_peak, v_reset, a, b, i_sp, v_th_rest, v_th_max, v_clamp;
        float by_tau_w, by_tau_z, by_tau_v_th, by_tau_plus, by_tau_minus, by_tau_bar;  // 1 / ms
        float clamped, refractory;                                                     // steps
        float i_e;
    };
    struct State {
        float v, w, z, v_th, u_bar_plus, u_bar_minus, u_bar_bar;
        float clamped, refractory;
    };

    static constexpr auto states() {
        using F = StateField<State, Constants>;
        return Fields{
            F{"v", &State::v, "mV", "membrane potential", nullptr, "`e_l`"},
            F{"w", &State::w, "pA", "adaptation"},
            F{"z", &State::z, "pA", "depolarising current after a spike"},
            F{"v_th", &State::v_th, "mV", "threshold", nullptr, "`v_th_rest`"},
            F{"u_bar_plus", &State::u_bar_plus, "mV", "low-passed v, for potentiation", nullptr,
              "`e_l`"},
            F{"u_bar_minus", &State::u_bar_minus, "mV", "low-passed v, for depression", nullptr,
              "`e_l`"},
            F{"u_bar_bar", &State::u_bar_bar, "mV", "low-passed u_bar_minus", nullptr, "`e_l`"},
            F{"clamped", &State::clamped, "", "steps until the clamp ends"},
            F{"refractory", &State::refractory, "", "steps until the cell integrates again"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double parts = std::ceil(dt / 0.01 - 1e-9), part = dt / parts;
        const float clamped = refractory_steps(p.t_clamp, dt);
        return {f(parts),
                f(part),
                f(part / p.c_m),
                f(p.g_l),
                f(p.e_l),
                f(p.delta_t),
                f(p.v_peak),
                f(p.v_reset),
                f(p.a),
                f(p.b),
                f(p.i_sp),
                f(p.v_th_rest),
                f(p.v_th_max),
                f(p.v_clamp),
                f(1.0 / p.tau_w),
                f(1.0 / p.tau_z),
                f(1.0 / p.tau_v_th),
                f(1.0 / p.tau_u_bar_plus),
                f(1.0 / p.tau_u_bar_minus),
                f(1.0 / p.tau_u_bar_bar),
                clamped > 1.0f ? clamped : 1.0f,
                refractory_steps(p.t_ref, dt),
                f(p.i_e)};
    }
    static State rest(const Params& p, const Constants& c) {
        const auto v = static_cast<float>(p.e_l);
        return {v, 0.0f, 0.0f, c.v_th_rest, v, v, v, 0.0f, 0.0f};
    }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const bool ends = s.clamped == 1.0f;  // the clamp, at the end of the step
        bool fires = false;
        const float current = c.i_e + in.current;
        for (int k = static_cast<int>(c.parts); k > 0; --k) {
            move(c, s, current);
            fires |= peak(c, s);
        }
        const bool held = s.clamped > 0.0f || s.refractory > 0.0f;
        s.v = ends ? c.v_reset : held ? s.v : s.v + in.receptor_0;
        s.clamped = ends ? 0.0f : s.clamped;
        s.refractory = ends && c.refractory > 0.0f ? c.refractory + 1.0f : s.refractory;
        fires |= peak(c, s);
        s.clamped = s.clamped > 0.0f ? s.clamped - 1.0f : 0.0f;
        s.refractory = s.refractory > 0.0f ? s.refractory - 1.0f : 0.0f;
        return fires ? 1.0f : 0.0f;
    }

  private:
    /// Changes per ms.
    struct Slope {
        float v, w, z, v_th, plus, minus, bar;
    };

    /// A spike, where v is at its peak and not held there already.
    SNN_HD static bool peak(const Constants& c, State& s) {
        const bool fires = s.v >= c.v_peak && s.clamped == 0.0f && s.refractory == 0.0f;
        s.v = fires ? c.v_clamp : s.v;
        s.w = fires ? s.w + c.b : s.w;
        s.z = fires ? c.i_sp : s.z;
        s.v_th = fires ? c.v_th_max : s.v_th;
        s.clamped = fires ? c.clamped + 1.0f : s.clamped;
        return fires;
    }
    SNN_HD static Slope slope(const Constants& c, const State& s, float current, bool held) {
        const float v = s.v < c.v_peak || held ? s.v : c.v_peak;
        const float x = (v - s.v_th) / c.delta_t;
        const float upswing = c.g_l * c.delta_t * exact_exp(x < 80.0f ? x : 80.0f);
        const float leak = v - c.e_l;
        const float flow = fused(-c.g_l, leak, upswing) - s.w + s.z + current;
        return {held ? 0.0f : flow,
                c.by_tau_w * fused(c.a, leak, -s.w),
                -c.by_tau_z * s.z,
                c.by_tau_v_th * (c.v_th_rest - s.v_th),
                c.by_tau_plus * (v - s.u_bar_plus),
                c.by_tau_minus * (v - s.u_bar_minus),
                c.by_tau_bar * (s.u_bar_minus - s.u_bar_bar)};
    }
    SNN_HD static State moved_by(const Constants& c, const State& s, const Slope& k, float share) {
        State out = s;
        const float h = share * c.part;
        out.v = fused(share * c.part_by_c, k.v, s.v);
        out.w = flushed(fused(h, k.w, s.w));
        out.z = flushed(fused(h, k.z, s.z));
        out.v_th = fused(h, k.v_th, s.v_th);
        out.u_bar_plus = fused(h, k.plus, s.u_bar_plus);
        out.u_bar_minus = fused(h, k.minus, s.u_bar_minus);
        out.u_bar_bar = fused(h, k.bar, s.u_bar_bar);
        return out;
    }
    SNN_HD static void move(const Constants& c, State& s, float current) {
        const bool clamped = s.clamped > 0.0f, held = clamped || s.refractory > 0.0f;
        const auto at = [&](const State& state) {
            Slope k = slope(c, state, current, held);
            k.w = clamped ? 0.0f : k.w;  // as in NEST: w waits for the end of the spike
            return k;
        };
        const State middle = moved_by(c, s, at(s), 0.5f);
        s = moved_by(c, s, at(middle), 1.0f);
    }
};

}  // namespace snnsim
