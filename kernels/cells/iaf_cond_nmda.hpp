// Leaky integrate-and-fire with AMPA, NMDA, GABA_A and GABA_B conductances.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cells/conductances.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) - sum of g_x (v - e_x) + i_e + stimuli, over four receptors x. A
/// spike of weight w makes each conductance rise and fall as the difference of two exponentials,
/// whose peak is w. That of NMDA counts by the share 1 / (1 + e^(-(v - v_half_nmda) / k_nmda)) of
/// channels that magnesium does not block, at once: with [Mg] of 1 mM v_half_nmda is
/// 16.13 mV ln(1 / 3.57) (Jahr, Stevens 1990, J. Neurosci. 10:3178). Where tau_rise is 0 a weight
/// makes the conductance jump by w, as in NEST's iaf_bw_2001. Conductances decay exactly; v
/// by the classical Runge-Kutta method of order 4, and where they are strong by an exponential one
/// (see conductances.hpp). The synapses are those of NEST's ht_neuron with instant_unblock_NMDA
/// (Hill, Tononi 2005, J. Neurophysiol. 93:1671), the time constants its defaults.
struct IafCondNmda {
    static constexpr const char* name = "iaf_cond_nmda";
    static constexpr const char* input_unit = "nS";
    static constexpr int receptors = 4;
    static constexpr std::array named_receptors{
        NamedReceptor{"ampa", "nS"}, NamedReceptor{"nmda", "nS"}, NamedReceptor{"gaba_a", "nS"},
        NamedReceptor{"gaba_b", "nS"}};
    static constexpr bool uses_random = false;

    struct Params {
        double c_m = 250.0;
        double g_l = 16.6667;
        double e_l = -70.0;
        double v_th = -55.0;
        double v_reset = -60.0;
        double t_ref = 2.0;
        double e_ampa = 0.0, tau_rise_ampa = 0.5, tau_decay_ampa = 2.4;
        double e_nmda = 0.0, tau_rise_nmda = 4.0, tau_decay_nmda = 40.0;
        double v_half_nmda = -20.53, k_nmda = 16.13;
        double e_gaba_a = -70.0, tau_rise_gaba_a = 1.0, tau_decay_gaba_a = 7.0;
        double e_gaba_b = -90.0, tau_rise_gaba_b = 60.0, tau_decay_gaba_b = 200.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"g_l", &Params::g_l, "nS", non_negative, "leak conductance"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "leak reversal potential"},
                Field{"v_th", &Params::v_th, "mV", unlimited, "firing threshold"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited, "potential after a spike"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "refractory period"},
                Field{"e_ampa", &Params::e_ampa, "mV", unlimited, "AMPA: reversal potential"},
                Field{"tau_rise_ampa", &Params::tau_rise_ampa, "ms", non_negative,
                      "of AMPA; 0: it jumps"},
                Field{"tau_decay_ampa", &Params::tau_decay_ampa, "ms", positive, "of AMPA"},
                Field{"e_nmda", &Params::e_nmda, "mV", unlimited, "NMDA: reversal potential"},
                Field{"tau_rise_nmda", &Params::tau_rise_nmda, "ms", non_negative,
                      "of NMDA; 0: it jumps"},
                Field{"tau_decay_nmda", &Params::tau_decay_nmda, "ms", positive, "of NMDA"},
                Field{"v_half_nmda", &Params::v_half_nmda, "mV", unlimited,
                      "potential at which half of the NMDA channels are free of magnesium"},
                Field{"k_nmda", &Params::k_nmda, "mV", positive,
                      "depolarization that makes the odds of being free e times as large"},
                Field{"e_gaba_a", &Params::e_gaba_a, "mV", unlimited, "GABA_A: reversal potential"},
                Field{"tau_rise_gaba_a", &Params::tau_rise_gaba_a, "ms", non_negative,
                      "of GABA_A; 0: it jumps"},
                Field{"tau_decay_gaba_a", &Params::tau_decay_gaba_a, "ms", positive, "of GABA_A"},
                Field{"e_gaba_b", &Params::e_gaba_b, "mV", unlimited, "GABA_B: reversal potential"},
                Field{"tau_rise_gaba_b", &Params::tau_rise_gaba_b, "ms", non_negative,
                      "of GABA_B; 0: it jumps"},
                Field{"tau_decay_gaba_b", &Params::tau_decay_gaba_b, "ms", positive, "of GABA_B"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
            };
        }
    };
    /// Of a receptor: dg/dt = (rise - g) / tau_decay, drise/dt = -rise / tau_rise.
    struct Kernel {
        float g, rise, g_by_rise;    // what half a step leaves, and makes of `rise`
        float mean_g, mean_by_rise;  // the mean of g in half a step
        float jump;                  // of `rise`, for a peak of 1 ...
        float direct;                // ... or 1, of g itself, where it needs no time to rise
        float e;                     // relative to e_l
    };
    struct Constants {
        float h, h_half, h_sixth;  // dt / c_m, and its parts
        Kernel ampa, nmda, gaba_a, gaba_b;
        float v_half, k;  // of the magnesium block; v_half relative to e_l
        float strong;     // the conductance from which on Runge-Kutta will not do
        float g_l;
        float v_th, v_reset;  // relative to e_l
        float refractory;     // steps
        float i_e, e_l;
    };
    struct State {
        float v, g_ampa, g_nmda, g_gaba_a, g_gaba_b;
        float rise_ampa, rise_nmda, rise_gaba_a, rise_gaba_b;
        float refractory;
    };

    static constexpr auto states() {
        using S = StateField<State, Constants>;
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
            S{"g_ampa", &State::g_ampa, "nS", "AMPA conductance"},
            S{"g_nmda", &State::g_nmda, "nS", "NMDA conductance, were nothing blocked"},
            S{"g_gaba_a", &State::g_gaba_a, "nS", "GABA_A conductance"},
            S{"g_gaba_b", &State::g_gaba_b, "nS", "GABA_B conductance"},
            S{"rise_ampa", &State::rise_ampa, "nS", "what g_ampa rises towards"},
            S{"rise_nmda", &State::rise_nmda, "nS", "what g_nmda rises towards"},
            S{"rise_gaba_a", &State::rise_gaba_a, "nS", "what g_gaba_a rises towards"},
            S{"rise_gaba_b", &State::rise_gaba_b, "nS", "what g_gaba_b rises towards"},
            S{"refractory", &State::refractory, "", "steps until the cell integrates again"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const auto kernel = [&](double tau_rise, double tau_decay, double e) {
            const double half = 0.5 * dt;
            const float decay = f(std::exp(-half / tau_decay)),
                        mean = f(mean_decay(half, tau_decay));
            if (tau_rise == 0.0)
                return Kernel{decay, 0.0f, 0.0f, mean, 0.0f, 0.0f, 1.0f, f(e - p.e_l)};
            return Kernel{decay,
                          f(std::exp(-half / tau_rise)),
                          f(beta(half, tau_rise, tau_decay) / tau_decay),
                          mean,
                          f(mean_beta(half, tau_rise, tau_decay) / tau_decay),
                          f(tau_decay / peak_of_beta(tau_rise, tau_decay)),
                          0.0f,
                          f(e - p.e_l)};
        };
        const double h = dt / p.c_m;
        const double shortest =
            std::min({p.tau_decay_ampa, p.tau_decay_nmda, p.tau_decay_gaba_a, p.tau_decay_gaba_b});
        return {f(h),
                f(h / 2.0),
                f(h / 6.0),
                kernel(p.tau_rise_ampa, p.tau_decay_ampa, p.e_ampa),
                kernel(p.tau_rise_nmda, p.tau_decay_nmda, p.e_nmda),
                kernel(p.tau_rise_gaba_a, p.tau_decay_gaba_a, p.e_gaba_a),
                kernel(p.tau_rise_gaba_b, p.tau_decay_gaba_b, p.e_gaba_b),
                f(p.v_half_nmda - p.e_l),
                f(p.k_nmda),
                f(strong_conductance(dt, p.c_m, shortest)),
                f(p.g_l),
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
            .widen({0.0, p.e_ampa - p.e_l, p.e_nmda - p.e_l, p.e_gaba_a - p.e_l, p.e_gaba_b - p.e_l,
                    p.v_reset - p.e_l})
            .under_current(p.i_e + outside.least_current, p.i_e + outside.greatest_current, p.g_l)
            .set(low.v, high.v);
        low.g_ampa = low.g_nmda = low.g_gaba_a = low.g_gaba_b = 0.0f;
    }
    /// The cell needs step_strong, which is `step` for all others.
    SNN_HD static bool is_strong(const Constants& c, const State& s) {
        return c.g_l + s.g_ampa + s.g_nmda + s.g_gaba_a + s.g_gaba_b > c.strong;
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
        float g, rise;
    };
    struct Synapses {
        Rising ampa, nmda, gaba_a, gaba_b;
    };
    /// Conductances.
    struct Open {
        float ampa, nmda, gaba_a, gaba_b;
    };

    template <bool MayBeStrong>
    SNN_HD static float step_as(const Constants& c, State& s, const CellInput& in) {
        const float current = c.i_e + in.current;
        const Synapses start{{s.g_ampa, s.rise_ampa},
                             {s.g_nmda, s.rise_nmda},
                             {s.g_gaba_a, s.rise_gaba_a},
                             {s.g_gaba_b, s.rise_gaba_b}};
        const Synapses middle = after_half(c, start), end = after_half(c, middle);
        const float k1 = driven(c, open(start), s.v, current).at(s.v);
        const float v2 = fused(c.h_half, k1, s.v);
        const float k2 = driven(c, open(middle), v2, current).at(v2);
        const float v3 = fused(c.h_half, k2, s.v);
        const float k3 = driven(c, open(middle), v3, current).at(v3);
        const float v4 = fused(c.h, k3, s.v);
        const float k4 = driven(c, open(end), v4, current).at(v4);
        float v = fused(c.h_sixth, k1 + 2.0f * (k2 + k3) + k4, s.v);
        if constexpr (MayBeStrong) {  // in two halves, each with the block at its start
            const float half = relaxed_half(c, s.v, start, middle, current);
            const float whole = relaxed_half(c, half, middle, end, current);
            v = is_strong(c, s) ? whole : v;
        }

        const bool waits = s.refractory > 0.0f;
        v = waits ? c.v_reset : v;
        add(c.ampa, end.ampa, in.receptor_0, s.g_ampa, s.rise_ampa);
        add(c.nmda, end.nmda, in.receptor_1, s.g_nmda, s.rise_nmda);
        add(c.gaba_a, end.gaba_a, in.receptor_2, s.g_gaba_a, s.rise_gaba_a);
        add(c.gaba_b, end.gaba_b, in.receptor_3, s.g_gaba_b, s.rise_gaba_b);
        const bool fires = !waits && v >= c.v_th;
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        s.v = fires ? c.v_reset : v;
        return fires ? 1.0f : 0.0f;
    }
    SNN_HD static void add(const Kernel& k, Rising x, float weights, float& g, float& rise) {
        g = flushed(fused(k.direct, weights, x.g));
        rise = flushed(fused(k.jump, weights, x.rise));
    }
    SNN_HD static float relaxed_half(const Constants& c, float v, const Synapses& from,
                                     const Synapses& to, float current) {
        const Open mean{mean_of(c.ampa, from.ampa), mean_of(c.nmda, from.nmda),
                        mean_of(c.gaba_a, from.gaba_a), mean_of(c.gaba_b, from.gaba_b)};
        return relaxed(v, c.h_half, driven(c, open(from), v, current), driven(c, mean, v, current),
                       driven(c, open(to), v, current));
    }
    SNN_HD static Synapses after_half(const Constants& c, const Synapses& s) {
        return {after_half(c.ampa, s.ampa), after_half(c.nmda, s.nmda),
                after_half(c.gaba_a, s.gaba_a), after_half(c.gaba_b, s.gaba_b)};
    }
    SNN_HD static Rising after_half(const Kernel& k, Rising x) {
        return {fused(k.g_by_rise, x.rise, k.g * x.g), k.rise * x.rise};
    }
    SNN_HD static float mean_of(const Kernel& k, Rising x) {
        return fused(k.mean_by_rise, x.rise, k.mean_g * x.g);
    }
    SNN_HD static Open open(const Synapses& s) {
        return {s.ampa.g, s.nmda.g, s.gaba_a.g, s.gaba_b.g};
    }
    SNN_HD static MembraneCurrent driven(const Constants& c, const Open& g, float v,
                                         float current) {
        const float nmda = g.nmda / (1.0f + exact_exp((c.v_half - v) / c.k));
        float flow = fused(g.ampa, c.ampa.e, current);
        flow = fused(nmda, c.nmda.e, flow);
        flow = fused(g.gaba_a, c.gaba_a.e, flow);
        flow = fused(g.gaba_b, c.gaba_b.e, flow);
        return {flow, c.g_l + g.ampa + nmda + g.gaba_a + g.gaba_b};
    }
};

}  // namespace snnsim
