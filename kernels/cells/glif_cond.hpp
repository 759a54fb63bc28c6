// The generalised leaky integrate-and-fire neurons of the Allen Institute, levels 1 to 5, with
// synaptic conductances.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cells/conductances.hpp"
#include "kernels/cells/glif_levels.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) - sum of g_k (v - e_rev_k) + asc + i_e + stimuli, over four receptors
/// whose conductances are alpha functions of peak w. What a spike does to currents, threshold and v
/// stands in glif_levels.hpp. Conductances decay exactly; v by the classical Runge-Kutta method of
/// order 4, and where they are strong by an exponential one (see conductances.hpp). As NEST's
/// glif_cond, with what that does besides: asc, the sum of the currents after spikes, acts a step
/// late, so that the one of before a spike lasts until the end of the first step after t_ref;
/// th_voltage does not see conductances; the v of the reset is that a step before the spike.
/// (Teeter et al. 2018, Nat. Commun. 9:709; NEST has decays in 1/ms, thousands of the Hz here, and
/// two receptors unless told.)
struct GlifCond {
    static constexpr const char* name = "glif_cond";
    static constexpr const char* input_unit = "nS";
    static constexpr int receptors = 4;
    static constexpr std::array named_receptors{
        NamedReceptor{"syn_1", "nS"}, NamedReceptor{"syn_2", "nS"}, NamedReceptor{"syn_3", "nS"},
        NamedReceptor{"syn_4", "nS"}};
    static constexpr bool uses_random = false;

    struct Params : GlifParams {
        double tau_syn_1 = 0.2, tau_syn_2 = 2.0, tau_syn_3 = 2.0, tau_syn_4 = 2.0;
        double e_rev_1 = 0.0, e_rev_2 = -85.0, e_rev_3 = 0.0, e_rev_4 = -85.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Joined{GlifParams::fields(),
                          Fields{
                              Field{"tau_syn_1", &Params::tau_syn_1, "ms", positive,
                                    "rise time of the conductance of syn_1"},
                              Field{"tau_syn_2", &Params::tau_syn_2, "ms", positive, "of syn_2"},
                              Field{"tau_syn_3", &Params::tau_syn_3, "ms", positive, "of syn_3"},
                              Field{"tau_syn_4", &Params::tau_syn_4, "ms", positive, "of syn_4"},
                              Field{"e_rev_1", &Params::e_rev_1, "mV", unlimited,
                                    "reversal potential of syn_1"},
                              Field{"e_rev_2", &Params::e_rev_2, "mV", unlimited, "of syn_2"},
                              Field{"e_rev_3", &Params::e_rev_3, "mV", unlimited, "of syn_3"},
                              Field{"e_rev_4", &Params::e_rev_4, "mV", unlimited, "of syn_4"},
                              Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
                          }};
        }
    };
    /// Of conductances (g + slope t) e^(-t / tau).
    struct Kernel {
        float decay, slope;           // of half a step; of a conductance of peak 1, at its start
        float mean_g, mean_by_slope;  // the mean in half a step
        float e;                      // relative to e_l
    };
    struct Constants {
        float h, h_half, h_sixth;  // dt / c_m, and its parts
        float half;                // dt / 2
        float g_l;
        float strong;  // the conductance from which on Runge-Kutta will not do
        GlifLevels spikes;
        Kernel syn_1, syn_2, syn_3, syn_4;
        float i_e, e_l;
    };
    struct State : GlifState {
        float asc, g_1, g_2, g_3, g_4, slope_1, slope_2, slope_3, slope_4;
    };

    static constexpr auto states() {
        using S = StateField<State, Constants>;
        return glif_states<State, Constants>()
            .with(S{"asc", &State::asc, "pA", "sum of the currents after spikes, a step late"})
            .with(S{"g_1", &State::g_1, "nS", "conductance of syn_1"})
            .with(S{"g_2", &State::g_2, "nS", "conductance of syn_2"})
            .with(S{"g_3", &State::g_3, "nS", "conductance of syn_3"})
            .with(S{"g_4", &State::g_4, "nS", "conductance of syn_4"})
            .with(S{"slope_1", &State::slope_1, "", "what makes g_1 rise, in nS per ms"})
            .with(S{"slope_2", &State::slope_2, "", "what makes g_2 rise, in nS per ms"})
            .with(S{"slope_3", &State::slope_3, "", "what makes g_3 rise, in nS per ms"})
            .with(S{"slope_4", &State::slope_4, "", "what makes g_4 rise, in nS per ms"});
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double h = dt / p.c_m, half = 0.5 * dt;
        const auto kernel = [&](double tau, double e) {
            return Kernel{f(std::exp(-half / tau)), f(std::exp(1.0) / tau),
                          f(mean_decay(half, tau)), f(mean_beta(half, tau, tau)), f(e - p.e_l)};
        };
        const double shortest = std::min({p.tau_syn_1, p.tau_syn_2, p.tau_syn_3, p.tau_syn_4});
        return {f(h),
                f(h / 2.0),
                f(h / 6.0),
                f(half),
                f(p.g_l),
                f(strong_conductance(dt, p.c_m, shortest)),
                GlifLevels::of(p, dt),
                kernel(p.tau_syn_1, p.e_rev_1),
                kernel(p.tau_syn_2, p.e_rev_2),
                kernel(p.tau_syn_3, p.e_rev_3),
                kernel(p.tau_syn_4, p.e_rev_4),
                f(p.i_e),
                f(p.e_l)};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    /// The cell needs step_strong, which is `step` for all others.
    SNN_HD static bool is_strong(const Constants& c, const State& s) {
        return c.g_l + s.g_1 + s.g_2 + s.g_3 + s.g_4 > c.strong;
    }
    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        return step_as<false>(c, s, in);
    }
    SNN_HD static float step_strong(const Constants& c, State& s, const CellInput& in) {
        return step_as<true>(c, s, in);
    }

  private:
    /// A conductance and what makes it rise.
    struct Rising {
        float g, slope;
    };
    struct Synapses {
        Rising syn_1, syn_2, syn_3, syn_4;
    };

    template <bool MayBeStrong>
    SNN_HD static float step_as(const Constants& c, State& s, const CellInput& in) {
        const float stimuli = c.i_e + in.current, current = stimuli + s.asc;
        const Synapses start{
            {s.g_1, s.slope_1}, {s.g_2, s.slope_2}, {s.g_3, s.slope_3}, {s.g_4, s.slope_4}};
        const Synapses middle = after_half(c, start), end = after_half(c, middle);
        const MembraneCurrent first = driven(c, start, current), mid = driven(c, middle, current),
                              last = driven(c, end, current);
        const float k1 = first.at(s.v);
        const float k2 = mid.at(fused(c.h_half, k1, s.v));
        const float k3 = mid.at(fused(c.h_half, k2, s.v));
        const float k4 = last.at(fused(c.h, k3, s.v));
        float v = fused(c.h_sixth, k1 + 2.0f * (k2 + k3) + k4, s.v);
        if constexpr (MayBeStrong) {  // in two halves
            const float half =
                relaxed(s.v, c.h_half, first, driven(c, mean(c, start), current), mid);
            const float whole =
                relaxed(half, c.h_half, mid, driven(c, mean(c, middle), current), last);
            v = is_strong(c, s) ? whole : v;
        }

        const float asc = c.spikes.mean_current(s, 0.0f);
        s.asc = s.refractory > 0.0f ? s.asc : asc;
        const bool fires = c.spikes.end_step(s, v, stimuli + asc);
        add(c.syn_1, end.syn_1, in.receptor_0, s.g_1, s.slope_1);
        add(c.syn_2, end.syn_2, in.receptor_1, s.g_2, s.slope_2);
        add(c.syn_3, end.syn_3, in.receptor_2, s.g_3, s.slope_3);
        add(c.syn_4, end.syn_4, in.receptor_3, s.g_4, s.slope_4);
        return fires ? 1.0f : 0.0f;
    }
    SNN_HD static void add(const Kernel& k, Rising x, float weights, float& g, float& slope) {
        g = flushed(x.g);
        slope = flushed(fused(k.slope, weights, x.slope));
    }
    SNN_HD static Synapses after_half(const Constants& c, const Synapses& s) {
        return {after_half(c, c.syn_1, s.syn_1), after_half(c, c.syn_2, s.syn_2),
                after_half(c, c.syn_3, s.syn_3), after_half(c, c.syn_4, s.syn_4)};
    }
    SNN_HD static Rising after_half(const Constants& c, const Kernel& k, Rising x) {
        return {k.decay * fused(c.half, x.slope, x.g), k.decay * x.slope};
    }
    SNN_HD static Synapses mean(const Constants& c, const Synapses& s) {
        return {mean(c.syn_1, s.syn_1), mean(c.syn_2, s.syn_2), mean(c.syn_3, s.syn_3),
                mean(c.syn_4, s.syn_4)};
    }
    SNN_HD static Rising mean(const Kernel& k, Rising x) {
        return {fused(k.mean_by_slope, x.slope, k.mean_g * x.g), 0.0f};
    }
    SNN_HD static MembraneCurrent driven(const Constants& c, const Synapses& s, float current) {
        float flow = fused(s.syn_1.g, c.syn_1.e, current);
        flow = fused(s.syn_2.g, c.syn_2.e, flow);
        flow = fused(s.syn_3.g, c.syn_3.e, flow);
        flow = fused(s.syn_4.g, c.syn_4.e, flow);
        return {flow, c.g_l + s.syn_1.g + s.syn_2.g + s.syn_3.g + s.syn_4.g};
    }
};

}  // namespace snnsim
