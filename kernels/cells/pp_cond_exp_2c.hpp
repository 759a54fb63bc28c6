// A soma and a dendrite that predicts it: the two-compartment neuron of Urbanczik and Senn.
#pragma once

#include <array>
#include <cmath>

#include "kernels/cells/conductances.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/poisson_source.hpp"
#include "kernels/cells/propagators.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// Soma: c_m dv/dt = -g_l (v - e_l) - g_ex (v - e_ex) - g_in (v - e_in) + g_sp (v_d - v) + i_e +
/// stimuli. Dendrite: c_m_d dv_d/dt = -g_l_d (v_d - e_l_d) + i_ex - i_in + g_ps (v - v_d). All four
/// inputs decay exponentially; soma_exc and soma_inh are conductances, dendritic_exc and
/// dendritic_inh currents. It fires at random at the rate phi_max / (1 + rate_slope
/// e^((theta - v) / k_rate)), which a spike changes only by t_ref, in which there is none. The
/// voltages follow by the classical Runge-Kutta method of order 4, and where the conductances are
/// strong each follows the other, which is held, by an exponential one. As NEST's
/// pp_cond_exp_mc_urbanczik, but that dendritic_inh is negative there. (Urbanczik, Senn 2014,
/// Neuron 81:521.)
struct PpCondExp2c {
    static constexpr const char* name = "pp_cond_exp_2c";
    static constexpr const char* input_unit = "nS";
    static constexpr int receptors = 4;
    static constexpr std::array named_receptors{
        NamedReceptor{"soma_exc", "nS"}, NamedReceptor{"soma_inh", "nS"},
        NamedReceptor{"dendritic_exc", "pA"}, NamedReceptor{"dendritic_inh", "pA"}};
    static constexpr bool uses_random = true;

    struct Params {
        double c_m = 300.0;
        double g_l = 30.0;
        double e_l = -70.0;
        double e_ex = 0.0;
        double e_in = -75.0;
        double tau_syn_ex = 3.0;
        double tau_syn_in = 3.0;
        double c_m_d = 300.0;
        double g_l_d = 30.0;
        double e_l_d = -70.0;
        double tau_syn_ex_d = 3.0;
        double tau_syn_in_d = 3.0;
        double g_sp = 600.0;
        double g_ps = 0.0;
        double t_ref = 3.0;
        double phi_max = 150.0;
        double rate_slope = 0.5;
        double k_rate = 3.0;
        double theta = -55.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "capacitance of the soma"},
                Field{"g_l", &Params::g_l, "nS", non_negative, "leak conductance of the soma"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "leak reversal potential of the soma"},
                Field{"e_ex", &Params::e_ex, "mV", unlimited, "excitatory reversal potential"},
                Field{"e_in", &Params::e_in, "mV", unlimited, "inhibitory reversal potential"},
                Field{"tau_syn_ex", &Params::tau_syn_ex, "ms", positive, "of soma_exc"},
                Field{"tau_syn_in", &Params::tau_syn_in, "ms", positive, "of soma_inh"},
                Field{"c_m_d", &Params::c_m_d, "pF", positive, "capacitance of the dendrite"},
                Field{"g_l_d", &Params::g_l_d, "nS", non_negative,
                      "leak conductance of the dendrite"},
                Field{"e_l_d", &Params::e_l_d, "mV", unlimited,
                      "leak reversal potential of the dendrite"},
                Field{"tau_syn_ex_d", &Params::tau_syn_ex_d, "ms", positive, "of dendritic_exc"},
                Field{"tau_syn_in_d", &Params::tau_syn_in_d, "ms", positive, "of dendritic_inh"},
                Field{"g_sp", &Params::g_sp, "nS", non_negative,
                      "conductance by which the dendrite drives the soma"},
                Field{"g_ps", &Params::g_ps, "nS", non_negative,
                      "conductance by which the soma drives the dendrite; the model as it was "
                      "published has none"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "refractory period"},
                Field{"phi_max", &Params::phi_max, "Hz", non_negative, "greatest rate"},
                Field{"rate_slope", &Params::rate_slope, "", non_negative,
                      "at theta the rate is phi_max / (1 + rate_slope)"},
                Field{"k_rate", &Params::k_rate, "mV", positive,
                      "depolarization that makes the odds of firing e times as large: 1 / beta of "
                      "NEST"},
                Field{"theta", &Params::theta, "mV", unlimited, "see rate_slope"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current of the soma"},
            };
        }
    };
    struct Constants {
        float h, h_half, h_sixth;                      // dt / c_m, and its parts
        float h_d, h_d_half, h_d_sixth;                // of the dendrite
        float half_ex, half_in, half_ex_d, half_in_d;  // decay in half a step
        float mean_ex, mean_in;  // of half a step, of conductances that are 1 at its start
        float mean_ex_d, mean_in_d;
        float g_l, g_l_d, g_sp, g_ps;
        float strong, e_ex, e_in, e_d;    // potentials relative to e_l
        float dt, rate, slope, k, theta;  // rate per ms
        float refractory;                 // steps
        float i_e, e_l;
    };
    struct State {
        float v, v_d, g_ex, g_in, i_ex, i_in, refractory;
    };

    static constexpr auto states() {
        using S = StateField<State, Constants>;
        return Fields{
            StateField{"v", &State::v, "mV", "potential of the soma", &Constants::e_l, "`e_l`"},
            StateField{"v_d", &State::v_d, "mV", "potential of the dendrite", &Constants::e_l,
                       "`e_l_d`"},
            S{"g_ex", &State::g_ex, "nS", "excitatory conductance of the soma"},
            S{"g_in", &State::g_in, "nS", "inhibitory conductance of the soma"},
            S{"i_ex", &State::i_ex, "pA", "excitatory current of the dendrite"},
            S{"i_in", &State::i_in, "pA", "inhibitory current of the dendrite"},
            S{"refractory", &State::refractory, "", "steps until the cell may fire again"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const auto half = [&](double tau) { return f(std::exp(-0.5 * dt / tau)); };
        const auto mean = [&](double tau) { return f(mean_decay(0.5 * dt, tau)); };
        const double h = dt / p.c_m, h_d = dt / p.c_m_d;
        // In the smaller of the capacitances, which fills faster.
        const double least = p.c_m < p.c_m_d ? p.c_m : p.c_m_d;
        const double tau = p.tau_syn_ex < p.tau_syn_in ? p.tau_syn_ex : p.tau_syn_in;
        return {f(h),
                f(h / 2.0),
                f(h / 6.0),
                f(h_d),
                f(h_d / 2.0),
                f(h_d / 6.0),
                half(p.tau_syn_ex),
                half(p.tau_syn_in),
                half(p.tau_syn_ex_d),
                half(p.tau_syn_in_d),
                mean(p.tau_syn_ex),
                mean(p.tau_syn_in),
                mean(p.tau_syn_ex_d),
                mean(p.tau_syn_in_d),
                f(p.g_l),
                f(p.g_l_d),
                f(p.g_sp),
                f(p.g_ps),
                f(strong_conductance(dt, least, tau)),
                f(p.e_ex - p.e_l),
                f(p.e_in - p.e_l),
                f(p.e_l_d - p.e_l),
                f(dt),
                f(p.phi_max * 1e-3),
                f(p.rate_slope),
                f(p.k_rate),
                f(p.theta - p.e_l),
                refractory_steps(p.t_ref, dt),
                f(p.i_e),
                f(p.e_l)};
    }
    static State rest(const Params&, const Constants& c) {
        State s{};
        s.v_d = c.e_d;
        return s;
    }

    /// The cell needs step_strong, which is `step` for all others.
    SNN_HD static bool is_strong(const Constants& c, const State& s) {
        const float soma = c.g_l + s.g_ex + s.g_in + c.g_sp, dendrite = c.g_l_d + c.g_ps;
        return (soma > dendrite ? soma : dendrite) > c.strong;
    }
    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        return step_as<false>(c, s, in);
    }
    SNN_HD static float step_strong(const Constants& c, State& s, const CellInput& in) {
        return step_as<true>(c, s, in);
    }

  private:
    /// What drives both compartments.
    struct Drive {
        float ex, in, flow_d;  // conductances; current into the dendrite
    };
    struct Both {
        float soma, dendrite;
    };

    template <bool MayBeStrong>
    SNN_HD static float step_as(const Constants& c, State& s, const CellInput& in) {
        const float current = c.i_e + in.current;
        const float ex1 = s.g_ex * c.half_ex, in1 = s.g_in * c.half_in;
        const float ex2 = ex1 * c.half_ex, in2 = in1 * c.half_in;
        const float iex1 = s.i_ex * c.half_ex_d, iin1 = s.i_in * c.half_in_d;
        const float iex2 = iex1 * c.half_ex_d, iin2 = iin1 * c.half_in_d;
        const Drive start{s.g_ex, s.g_in, s.i_ex - s.i_in}, middle{ex1, in1, iex1 - iin1},
            end{ex2, in2, iex2 - iin2};
        const Both k1 = slope(c, start, current, s.v, s.v_d);
        const Both k2 = slope(c, middle, current, fused(c.h_half, k1.soma, s.v),
                              fused(c.h_d_half, k1.dendrite, s.v_d));
        const Both k3 = slope(c, middle, current, fused(c.h_half, k2.soma, s.v),
                              fused(c.h_d_half, k2.dendrite, s.v_d));
        const Both k4 =
            slope(c, end, current, fused(c.h, k3.soma, s.v), fused(c.h_d, k3.dendrite, s.v_d));
        float v = fused(c.h_sixth, k1.soma + 2.0f * (k2.soma + k3.soma) + k4.soma, s.v);
        float v_d = fused(c.h_d_sixth,
                          k1.dendrite + 2.0f * (k2.dendrite + k3.dendrite) + k4.dendrite, s.v_d);
        if constexpr (MayBeStrong) {
            const Drive mean_1{s.g_ex * c.mean_ex, s.g_in * c.mean_in,
                               fused(s.i_ex, c.mean_ex_d, -(s.i_in * c.mean_in_d))};
            const Drive mean_2{ex1 * c.mean_ex, in1 * c.mean_in,
                               fused(iex1, c.mean_ex_d, -(iin1 * c.mean_in_d))};
            // Half of the dendrite, all of the soma, half of the dendrite.
            const float half_d = relaxed(s.v_d, c.h_d_half, dendrite(c, start, s.v),
                                         dendrite(c, mean_1, s.v), dendrite(c, middle, s.v));
            const float half_v =
                relaxed(s.v, c.h_half, soma(c, start, current, half_d),
                        soma(c, mean_1, current, half_d), soma(c, middle, current, half_d));
            const float whole_v =
                relaxed(half_v, c.h_half, soma(c, middle, current, half_d),
                        soma(c, mean_2, current, half_d), soma(c, end, current, half_d));
            const float whole_d = relaxed(half_d, c.h_d_half, dendrite(c, middle, whole_v),
                                          dendrite(c, mean_2, whole_v), dendrite(c, end, whole_v));
            const bool strong = is_strong(c, s);
            v = strong ? whole_v : v, v_d = strong ? whole_d : v_d;
        }
        s.v = v, s.v_d = v_d;
        s.g_ex = flushed(ex2 + in.receptor_0), s.g_in = flushed(in2 + in.receptor_1);
        s.i_ex = flushed(iex2 + in.receptor_2), s.i_in = flushed(iin2 + in.receptor_3);

        // 1 - e^(-rate dt) of all random words are a spike.
        const float below = (c.theta - v) / c.k;
        const float rate = c.rate / fused(c.slope, exact_exp(below < 80.0f ? below : 80.0f), 1.0f);
        const float expected = rate * c.dt < 80.0f ? rate * c.dt : 80.0f;
        const bool waits = s.refractory > 0.0f;
        const bool fires = !waits && PoissonSource::share(in.random) < -expm1_below_zero(-expected);
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        return fires ? 1.0f : 0.0f;
    }
    SNN_HD static MembraneCurrent soma(const Constants& c, const Drive& x, float current,
                                       float v_d) {
        return {fused(x.in, c.e_in, fused(x.ex, c.e_ex, fused(c.g_sp, v_d, current))),
                c.g_l + x.ex + x.in + c.g_sp};
    }
    SNN_HD static MembraneCurrent dendrite(const Constants& c, const Drive& x, float v) {
        return {fused(c.g_l_d, c.e_d, fused(c.g_ps, v, x.flow_d)), c.g_l_d + c.g_ps};
    }
    SNN_HD static Both slope(const Constants& c, const Drive& x, float current, float v,
                             float v_d) {
        return {soma(c, x, current, v_d).at(v), dendrite(c, x, v).at(v_d)};
    }
};

}  // namespace snnsim
