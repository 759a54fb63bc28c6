// Leaky integrate-and-fire with conductances in units of the leak and an adaptive threshold.
#pragma once

#include <cmath>

#include "kernels/cells/conductances.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// tau_m dv/dt = (e_l - v) + g_ex (e_ex - v) + g_in (e_in - v), dg_x/dt = -g_x / tau_syn_x; a spike
/// where v > v_th + theta - theta_0, which makes theta
/// grow by theta_plus; it decays to 0 with tau_theta. v by the
/// exponential Euler method, conductances decay exactly, then arriving weights are added; a
/// refractory cell stays at v_reset. Diehl & Cook (2015).
struct LifCondAdaptive {
    static constexpr const char* name = "lif_cond_adaptive";
    static constexpr const char* input_unit = "";
    static constexpr int receptors = 2;
    static constexpr bool uses_random = false;

    struct Params {
        double tau_m = 100.0, e_l = -65.0, v_th = -52.0, v_reset = -65.0, t_ref = 5.0;
        double e_ex = 0.0, e_in = -100.0, tau_syn_ex = 1.0, tau_syn_in = 2.0;
        double theta_0 = 20.0, theta_plus = 0.05, tau_theta = 1e7, min_isi = 0.0;

        static constexpr auto fields() {
            return Fields{
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "resting potential"},
                Field{"v_th", &Params::v_th, "mV", unlimited, "threshold at theta = theta_0"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited, "potential after a spike"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "refractory period"},
                Field{"e_ex", &Params::e_ex, "mV", unlimited, "excitatory reversal potential"},
                Field{"e_in", &Params::e_in, "mV", unlimited, "inhibitory reversal potential"},
                Field{"tau_syn_ex", &Params::tau_syn_ex, "ms", positive,
                      "time constant of the excitatory conductance"},
                Field{"tau_syn_in", &Params::tau_syn_in, "ms", positive,
                      "time constant of the inhibitory conductance"},
                Field{"theta_0", &Params::theta_0, "mV", non_negative,
                      "theta at time 0; it can fall to 0, and the threshold with it"},
                Field{"theta_plus", &Params::theta_plus, "mV", non_negative,
                      "growth of the threshold by a spike; 0: it only decays"},
                Field{"tau_theta", &Params::tau_theta, "ms", positive,
                      "time constant of its decay"},
                Field{"min_isi", &Params::min_isi, "ms", non_negative,
                      "no spike for so long after one, while the potential moves on"},
            };
        }
    };
    struct Constants {
        float rate;  // -dt / tau_m
        float e_l, e_ex, e_in, v_th, v_reset;
        float decay_ex, decay_in;
        float refractory, quiet;       // steps
        float theta_plus, theta_loss;  // mV; share in a step
    };
    struct State {
        float v, g_ex, g_in, refractory, quiet, theta, theta_low;
    };

    static constexpr auto states() {
        using F = StateField<State, Constants>;
        return Fields{
            F{"v", &State::v, "mV", "membrane potential", nullptr, "`e_l`"},
            F{"g_ex", &State::g_ex, "", "excitatory conductance"},
            F{"g_in", &State::g_in, "", "inhibitory conductance"},
            F{"refractory", &State::refractory, "", "steps until the cell integrates again"},
            F{"quiet", &State::quiet, "", "steps until the cell may fire again"},
            F{"theta", &State::theta, "mV", "the part of the threshold that spikes raise", nullptr,
              "`theta_0`"},
            F{"theta_low", &State::theta_low, "mV", "what theta has too few digits for"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        return {f(-dt / p.tau_m),
                f(p.e_l),
                f(p.e_ex),
                f(p.e_in),
                f(p.v_th - p.theta_0),
                f(p.v_reset),
                f(std::exp(-dt / p.tau_syn_ex)),
                f(std::exp(-dt / p.tau_syn_in)),
                refractory_steps(p.t_ref, dt),
                refractory_steps(p.min_isi, dt),
                f(p.theta_plus),
                f(-std::expm1(-dt / p.tau_theta))};
    }
    /// The same with a threshold that stays.
    static Constants frozen(Constants c) {
        c.theta_plus = c.theta_loss = 0.0f;
        return c;
    }
    static State rest(const Params& p, const Constants&) {
        State s{};
        s.v = static_cast<float>(p.e_l);
        s.theta = static_cast<float>(p.theta_0);
        return s;
    }

    static void set_bounds(const Params& p, double, const Surroundings<State>& outside, State& low,
                           State& high) {
        Reach{outside.least.v, outside.greatest.v}
            .widen({p.e_l, p.e_ex, p.e_in, p.v_reset})
            .set(low.v, high.v);
        low.g_ex = low.g_in = 0.0f;
    }
    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const bool waits = s.refractory > 0.0f, silent = s.quiet > 0.0f;
        const float total = 1.0f + s.g_ex + s.g_in;
        const float aim = fused(s.g_in, c.e_in, fused(s.g_ex, c.e_ex, c.e_l)) / total;
        float v = fused(s.v - aim, exact_exp(c.rate * total), aim);
        v = waits ? c.v_reset : v;
        s.g_ex = flushed(fused(s.g_ex, c.decay_ex, in.receptor_0));
        s.g_in = flushed(fused(s.g_in, c.decay_in, -in.receptor_1));
        const bool fires = !waits && !silent && v > c.v_th + s.theta;
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        s.quiet = fires ? c.quiet : silent ? s.quiet - 1.0f : 0.0f;
        // A step takes less of theta than its last digit: the rest is carried along.
        const float change = fused(-s.theta, c.theta_loss, s.theta_low);
        const float grown = change + (fires ? c.theta_plus : 0.0f);
        const float theta = s.theta + grown;
        s.theta_low = flushed(grown - (theta - s.theta));
        s.theta = flushed(theta);
        s.v = fires ? c.v_reset : v;
        return fires ? 1.0f : 0.0f;
    }
};

}  // namespace snnsim
