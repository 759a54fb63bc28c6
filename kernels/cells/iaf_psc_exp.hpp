// Leaky integrate-and-fire with exponential synaptic currents, integrated exactly.
#pragma once

#include <array>
#include <cmath>

#include "kernels/cells/held_reset.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// c_m dv/dt = -c_m (v - e_l) / tau_m + i_ex + i_in + i_e + stimuli, di_x/dt = -i_x / tau_syn_x.
/// In a step v moves with the currents as they were, the currents decay, then arriving weights are
/// added; a refractory cell stays at v_reset. Rotter & Diesmann (1999); NEST's iaf_psc_exp.
struct IafPscExp {
    static constexpr const char* name = "iaf_psc_exp";
    static constexpr const char* input_unit = "pA";
    static constexpr int receptors = 2;
    static constexpr bool uses_random = false;
    static constexpr Output output = Output::spikes;
    static constexpr int saved_count = 2;  // v before the reset, and 1 where the cell waits

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
        bool detach_reset = true;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "resting potential"},
                Field{"v_th", &Params::v_th, "mV", unlimited, "firing threshold"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited, "potential after a spike"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "refractory period"},
                Field{"tau_syn_ex", &Params::tau_syn_ex, "ms", positive,
                      "time constant of excitatory synaptic currents"},
                Field{"tau_syn_in", &Params::tau_syn_in, "ms", positive,
                      "time constant of inhibitory synaptic currents"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
                Field{"detach_reset", &Params::detach_reset, "", unlimited,
                      "of a training: no gradient through the reset"},
            };
        }
    };
    struct Constants {
        float decay, by_ex, by_in, by_current;  // of v
        float decay_ex, decay_in;
        float v_th, v_reset;  // relative to e_l
        float refractory;     // steps
        float i_e, e_l;
        float reset_slope;  // 0 where the reset carries no gradient
    };
    struct State {
        float v, i_ex, i_in, refractory;
    };
    struct Adjoint {
        float v_next = 0.0f, i_next = 0.0f;  // v before the reset
    };

    static constexpr auto states() {
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
            StateField<State, Constants>{"i_ex", &State::i_ex, "pA", "excitatory current"},
            StateField<State, Constants>{"i_in", &State::i_in, "pA", "inhibitory current"},
            StateField<State, Constants>{"refractory", &State::refractory, "",
                                         "steps until the cell integrates again"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        return {static_cast<float>(std::exp(-dt / p.tau_m)),
                static_cast<float>(current_to_v(dt, p.c_m, p.tau_m, p.tau_syn_ex)),
                static_cast<float>(current_to_v(dt, p.c_m, p.tau_m, p.tau_syn_in)),
                static_cast<float>(-std::expm1(-dt / p.tau_m) * p.tau_m / p.c_m),
                static_cast<float>(std::exp(-dt / p.tau_syn_ex)),
                static_cast<float>(std::exp(-dt / p.tau_syn_in)),
                static_cast<float>(p.v_th - p.e_l),
                static_cast<float>(p.v_reset - p.e_l),
                refractory_steps(p.t_ref, dt),
                static_cast<float>(p.i_e),
                static_cast<float>(p.e_l),
                p.detach_reset ? 0.0f : 1.0f};
    }
    static State rest(const Params&, const Constants&) { return {}; }
    /// Mean current of spikes of weight 1 that arrive at 1 per ms.
    static double current_of_rate(const Params& p, double weight) {
        return weight < 0.0 ? p.tau_syn_in : p.tau_syn_ex;
    }
    /// Currents of one time constant are one current.
    static bool shares_receptor(const Params& p) { return p.tau_syn_ex == p.tau_syn_in; }

    template <class Spike, bool Saves>
    SNN_HD static float advance(const Constants& c, State& s, const CellInput& in,
                                [[maybe_unused]] float* saved) {
        const bool waits = s.refractory > 0.0f;
        float v = c.decay * s.v;
        v = fused(s.i_ex, c.by_ex, v);
        v = fused(s.i_in, c.by_in, v);
        v = fused(c.i_e + in.current, c.by_current, v);
        v = waits ? c.v_reset : v;
        s.i_ex = flushed(fused(s.i_ex, c.decay_ex, in.receptor_0));
        s.i_in = flushed(fused(s.i_in, c.decay_in, in.receptor_1));
        return fire_and_wait<Spike, Saves>(c, s, v, waits, saved);
    }

    /// A step of a cell, and of a neuron that is trained: `input` is what arrives, of
    /// either sign, as both currents then have one time constant.
    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        return advance<Heaviside, false>(c, s, in, nullptr);
    }
    template <class Spike = Heaviside>
    SNN_HD static float step(const Constants& c, State& s, float input, float* saved) {
        CellInput in;
        in.receptor_0 = input;
        return advance<Spike, true>(c, s, in, saved);
    }

    SNN_HD static float distance(const Constants& c, const float* saved) {
        return saved[0] - c.v_th;
    }
    SNN_HD static float membrane(const Constants& c, const float* saved) {
        return held_membrane(c, saved);
    }

    template <class Spike = Heaviside>
    SNN_HD static float backward(const Constants& c, Adjoint& a, const float* saved, float d_output,
                                 float surrogate) {
        // The current of this step acts on v and on itself in the next one.
        a.i_next = fused(c.by_ex, a.v_next, c.decay_ex * a.i_next);
        a.v_next = v_backward<Spike>(c, a.v_next, saved, d_output, surrogate);
        return a.i_next;
    }

    static constexpr std::array learns{"c_m",     "tau_m",      "e_l", "v_th",
                                       "v_reset", "tau_syn_ex", "i_e"};
    template <class T>
    struct SumsOf {
        T decay{}, drive{}, v_th{}, v_reset{}, by_ex{}, decay_ex{};

        SNN_HD void to_column(T* to, int width) const {
            to[0] = decay;
            to[1 * width] = drive;
            to[2 * width] = v_th;
            to[3 * width] = v_reset;
            to[4 * width] = by_ex;
            to[5 * width] = decay_ex;
        }
    };
    using Sums = SumsOf<float>;
    /// All that arrives is one current.
    static void settle(Params& p) { p.tau_syn_in = p.tau_syn_ex; }
    static constexpr const char *settled_by = "tau_syn_ex", *settled = "tau_syn_in";

    SNN_HD static float held(const State& s) { return s.i_ex; }
    template <class Spike = Heaviside>
    SNN_HD static State after(const Constants& c, const float* saved, float held) {
        return {held_after<Spike>(c, saved), held, 0.0f, 0.0f};
    }
    template <class Spike = Heaviside>
    SNN_HD static void add_gradient(const Constants& c, const StepBack<IafPscExp>& step,
                                    Sums& sums) {
        add_held_gradient<Spike>(c, step, sums);
        sums.by_ex = fused(step.now.v_next, step.before.i_ex, sums.by_ex);
        sums.decay_ex = fused(step.now.i_next, step.before.i_ex, sums.decay_ex);
    }
    static void chain(const Params& p, double dt, const SumsOf<double>& sums, Params& d) {
        const double rate = dt / p.tau_m, decay = std::exp(-rate), lost = -std::expm1(-rate);
        const double by_ex = current_to_v(dt, p.c_m, p.tau_m, p.tau_syn_ex);
        const CurrentToVSlopes slope = current_to_v_slopes(dt, p.c_m, p.tau_m, p.tau_syn_ex);
        d.i_e = lost * p.tau_m / p.c_m * sums.drive;
        d.c_m = -(p.i_e * d.i_e + by_ex * sums.by_ex) / p.c_m;
        d.tau_m = decay * rate / p.tau_m * sums.decay +
                  (lost - decay * rate) * p.i_e / p.c_m * sums.drive + slope.by_m * sums.by_ex;
        d.tau_syn_ex = slope.by_s * sums.by_ex + std::exp(-dt / p.tau_syn_ex) * dt /
                                                     (p.tau_syn_ex * p.tau_syn_ex) * sums.decay_ex;
        d.v_th = sums.v_th;
        d.v_reset = sums.v_reset;
        d.e_l = -(sums.v_th + sums.v_reset);  // both are relative to it
    }
};

}  // namespace snnsim
