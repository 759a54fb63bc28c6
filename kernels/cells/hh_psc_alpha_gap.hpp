// Hodgkin-Huxley cell of fast-spiking interneurons, with alpha-shaped synaptic currents.
#pragma once

#include <cmath>

#include "kernels/cells/gates.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) - g_na m^3 h (v - e_na) - (g_kv1 n^4 + g_kv3 p^2)(v - e_k) + i_ex +
/// i_in + i_e + stimuli and gap junctions, dx/dt = alpha_x(v) (1 - x) - beta_x(v) x for m, h, n and
/// p (Mancilla et al. 2007, with the constants of NEST's hh_psc_alpha_gap, which adapts its steps).
/// v and the gates take turns, as in hh_cond_exp_traub: four times in each part of at most 0.02
/// ms. Synaptic currents of weight 1 peak at 1 pA after tau_syn_x. A spike is a dt with the first
/// part in which v falls from above 0 mV, once each time that v is above, and more than t_ref after
/// the spike before.
struct HhPscAlphaGap {
    static constexpr const char* name = "hh_psc_alpha_gap";
    static constexpr const char* input_unit = "pA";
    static constexpr int receptors = 2;
    static constexpr bool uses_random = false;
    static constexpr double longest_dt = 0.5;  // ms: a cell fires at most once in a dt

    struct Params {
        double c_m = 40.0;
        double g_l = 10.0;
        double g_na = 4500.0;
        double g_kv1 = 9.0;
        double g_kv3 = 9000.0;
        double e_l = -70.0;
        double e_na = 74.0;
        double e_k = -90.0;
        double t_ref = 2.0;
        double tau_syn_ex = 0.2;
        double tau_syn_in = 2.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"g_l", &Params::g_l, "nS", positive, "leak conductance"},
                Field{"g_na", &Params::g_na, "nS", non_negative, "sodium conductance, all open"},
                Field{"g_kv1", &Params::g_kv1, "nS", non_negative,
                      "conductance of the potassium channels Kv1, all open"},
                Field{"g_kv3", &Params::g_kv3, "nS", non_negative, "the same of Kv3"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "leak reversal potential"},
                Field{"e_na", &Params::e_na, "mV", unlimited, "sodium reversal potential"},
                Field{"e_k", &Params::e_k, "mV", unlimited, "potassium reversal potential"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative,
                      "time after a spike in which none is counted"},
                Field{"tau_syn_ex", &Params::tau_syn_ex, "ms", positive,
                      "rise time of excitatory synaptic currents"},
                Field{"tau_syn_in", &Params::tau_syn_in, "ms", positive,
                      "rise time of inhibitory synaptic currents"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
            };
        }
    };
    struct Constants {
        float parts;               // of a dt
        float half;                // substep / 2
        float half_c;              // substep / 2 / c_m
        float decay_ex, decay_in;  // of synaptic currents in half a substep
        float g_l, g_na, g_kv1, g_kv3;
        float e_na, e_k;           // relative to e_l
        float slope_ex, slope_in;  // of a current of peak 1, at its start
        float refractory;          // steps
        float i_e, e_l;
    };
    struct State {
        float v, m, h, n, p;
        float i_ex, slope_ex, i_in, slope_in;  // i_x(t) = (i_x + slope_x t) e^(-t / tau_syn_x)
        float refractory, passed;
    };

    static constexpr const char* steady = "its steady value at that v";
    static constexpr auto states() {
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l,
                       "where it rests without input"},
            StateField<State, Constants>{"m", &State::m, "", "sodium activation", nullptr, steady},
            StateField<State, Constants>{"h", &State::h, "", "sodium inactivation", nullptr,
                                         steady},
            StateField<State, Constants>{"n", &State::n, "", "activation of Kv1", nullptr, steady},
            StateField<State, Constants>{"p", &State::p, "", "activation of Kv3", nullptr, steady},
            StateField<State, Constants>{"i_ex", &State::i_ex, "pA", "excitatory current"},
            StateField<State, Constants>{"slope_ex", &State::slope_ex, "",
                                         "slope of the excitatory alpha function (pA/ms)"},
            StateField<State, Constants>{"i_in", &State::i_in, "pA", "inhibitory current"},
            StateField<State, Constants>{"slope_in", &State::slope_in, "",
                                         "slope of the inhibitory alpha function (pA/ms)"},
            StateField<State, Constants>{"refractory", &State::refractory, "",
                                         "steps until the next spike can be counted"},
            StateField<State, Constants>{"passed", &State::passed, "",
                                         "1 from the peak of a spike until v is below 0 mV"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double parts = std::ceil(dt / 0.02 - 1e-9), substep = dt / parts / 4.0;
        return {f(parts),
                f(substep / 2.0),
                f(substep / 2.0 / p.c_m),
                f(std::exp(-0.5 * substep / p.tau_syn_ex)),
                f(std::exp(-0.5 * substep / p.tau_syn_in)),
                f(p.g_l),
                f(p.g_na),
                f(p.g_kv1),
                f(p.g_kv3),
                f(p.e_na - p.e_l),
                f(p.e_k - p.e_l),
                f(std::exp(1.0) / p.tau_syn_ex),
                f(std::exp(1.0) / p.tau_syn_in),
                refractory_steps(p.t_ref, dt),
                f(p.i_e),
                f(p.e_l)};
    }
    /// Where the currents of leak and channels cancel.
    static State rest(const Params&, const Constants& c) {
        State s{};
        constexpr int enough = 100;  // each leaves 3 % of what is missing, with the defaults
        for (int k = 0; k <= enough; ++k) {
            const Rates r = rates(c, s.v);
            s.m = r.open_m / (r.open_m + r.close_m);
            s.h = r.open_h / (r.open_h + r.close_h);
            s.n = r.open_n / (r.open_n + r.close_n);
            s.p = r.open_p / (r.open_p + r.close_p);
            const Channels open = channels(c, s);
            s.v = k == enough ? s.v : open.flow(c) / open.total(c);
        }
        return s;
    }

    /// How many parts a dt has before its last one, which `step` makes.
    SNN_HD static int parts_before(const Constants& c) { return static_cast<int>(c.parts) - 1; }
    SNN_HD static void step_part(const Constants& c, State& s, const CellInput& in) {
        const float before = s.v, current = c.i_e + in.current, v_fire = -c.e_l;
        substep(c, s, current);
        substep(c, s, current);
        substep(c, s, current);
        substep(c, s, current);
        const bool peaks = before >= v_fire && s.v < before && s.passed == 0.0f;
        const float passed = peaks ? spike_found : s.passed;
        s.passed = passed == 1.0f && s.v < v_fire ? 0.0f : passed;
    }
    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        step_part(c, s, in);
        s.slope_ex = fused(c.slope_ex, in.receptor_0, s.slope_ex);
        s.slope_in = fused(c.slope_in, in.receptor_1, s.slope_in);
        const bool found = s.passed == spike_found, waits = s.refractory > 0.0f;
        s.passed = !found ? s.passed : s.v < -c.e_l ? 0.0f : 1.0f;
        const bool fires = found && !waits;
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        return fires ? 1.0f : 0.0f;
    }

  private:
    static constexpr float spike_found = 2.0f;  // `passed` to the end of the dt

    struct Rates {
        float open_m, close_m, open_h, close_h, open_n, close_n, open_p, close_p;  // per ms
    };
    struct Channels {
        float na, k;  // nS

        SNN_HD float flow(const Constants& c) const { return fused(na, c.e_na, k * c.e_k); }
        SNN_HD float total(const Constants& c) const { return c.g_l + na + k; }
    };

    SNN_HD static Channels channels(const Constants& c, const State& s) {
        const float n2 = s.n * s.n;
        return {c.g_na * (s.m * s.m * s.m * s.h), fused(c.g_kv1, n2 * n2, c.g_kv3 * (s.p * s.p))};
    }
    SNN_HD static void substep(const Constants& c, State& s, float current) {
        const Rates r = rates(c, s.v);
        s.m = moved(c.half, s.m, r.open_m, r.close_m);
        s.h = moved(c.half, s.h, r.open_h, r.close_h);
        s.n = moved(c.half, s.n, r.open_n, r.close_n);
        s.p = moved(c.half, s.p, r.open_p, r.close_p);
        decay(s.i_ex, s.slope_ex, c.half, c.decay_ex);
        decay(s.i_in, s.slope_in, c.half, c.decay_in);
        const Channels open = channels(c, s);
        const float total = open.total(c);
        const float flow = fused(-total, s.v, open.flow(c) + (current + s.i_ex + s.i_in));
        s.v = bounded_membrane(s.v + 2.0f * c.half_c * flow / slowed(c.half_c, total));
        decay(s.i_ex, s.slope_ex, c.half, c.decay_ex);
        decay(s.i_in, s.slope_in, c.half, c.decay_in);
    }
    /// A synaptic current half a substep later.
    SNN_HD static void decay(float& i, float& slope, float half, float decay) {
        i = flushed(decay * fused(half, slope, i));
        slope = flushed(decay * slope);
    }
    SNN_HD static Rates rates(const Constants& c, float v) {
        const float absolute = v + c.e_l;
        const float above = absolute > -200.0f ? absolute : -200.0f;
        const float u = above < 150.0f ? above : 150.0f;  // where nothing overflows
        const float x_m = (75.5f - u) * (1.0f / 13.5f), x_h = (u + 51.25f) * (-1.0f / 5.2f);
        const float x_n = (u + 44.0f) * (-1.0f / 2.3f), x_p = (95.0f - u) * (1.0f / 11.8f);
        return {540.0f * linoid(x_m, exp_in_range(x_m)),
                1.2262f * exp_in_range(u * (-1.0f / 42.248f)),
                0.0035f * exp_in_range(u * (-1.0f / 24.186f)),
                0.0884f * linoid(x_h, exp_in_range(x_h)),
                0.0322f * linoid(x_n, exp_in_range(x_n)),
                0.0043f * exp_in_range((u + 44.0f) * (-1.0f / 34.0f)),
                11.8f * linoid(x_p, exp_in_range(x_p)),
                0.025f * exp_in_range(u * (-1.0f / 22.222f))};
    }
};

}  // namespace snnsim
