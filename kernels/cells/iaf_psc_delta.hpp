// Leaky integrate-and-fire whose membrane jumps with every spike that arrives.
#pragma once

#include <array>
#include <cmath>

#include "kernels/cells/held_reset.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// c_m dv/dt = -c_m (v - e_l) / tau_m + i_e + stimuli, and v jumps by the weights that arrive at
/// the end of a step. Those that arrive after a spike up to and with the end of t_ref are lost, as
/// in NEST's iaf_psc_delta. Integrated exactly.
struct IafPscDelta {
    static constexpr const char* name = "iaf_psc_delta";
    static constexpr const char* input_unit = "mV";
    static constexpr int receptors = 1;
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
        double i_e = 0.0;
        bool detach_reset = true;

        static constexpr auto fields() {
            return Fields{
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"tau_m", &Params::tau_m, "ms", positive, "membrane time constant"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "resting potential"},
                Field{"v_th", &Params::v_th, "mV", unlimited, "firing threshold"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited, "potential after a spike"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative,
                      "refractory period; weights that arrive in it, its end included, are lost"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
                Field{"detach_reset", &Params::detach_reset, "", unlimited,
                      "of a training: no gradient through the reset"},
            };
        }
    };
    struct Constants {
        float decay, by_current;
        float v_th, v_reset;  // relative to e_l
        float refractory;     // steps
        float i_e, e_l;
        float reset_slope;  // 0 where the reset carries no gradient
    };
    struct State {
        float v, refractory;
    };
    struct Adjoint {
        float v_next = 0.0f;  // before the reset
    };

    static constexpr auto states() {
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
            StateField<State, Constants>{"refractory", &State::refractory, "",
                                         "steps until the cell integrates again"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        return {static_cast<float>(std::exp(-dt / p.tau_m)),
                static_cast<float>(-std::expm1(-dt / p.tau_m) * p.tau_m / p.c_m),
                static_cast<float>(p.v_th - p.e_l),
                static_cast<float>(p.v_reset - p.e_l),
                refractory_steps(p.t_ref, dt),
                static_cast<float>(p.i_e),
                static_cast<float>(p.e_l),
                p.detach_reset ? 0.0f : 1.0f};
    }
    static State rest(const Params&, const Constants&) { return {}; }
    /// Mean current of spikes of weight 1 that arrive at 1 per ms.
    static double current_of_rate(const Params& p, double) { return p.c_m; }

    template <class Spike, bool Saves>
    SNN_HD static float advance(const Constants& c, State& s, const CellInput& in,
                                [[maybe_unused]] float* saved) {
        const bool waits = s.refractory > 0.0f;
        float v = fused(c.i_e + in.current, c.by_current, c.decay * s.v) + in.receptor_0;
        v = waits ? c.v_reset : flushed(v);
        return fire_and_wait<Spike, Saves>(c, s, v, waits, saved);
    }

    /// A step of a cell, and of a neuron that is trained: `input` is what arrives.
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
        a.v_next = v_backward<Spike>(c, a.v_next, saved, d_output, surrogate);
        return a.v_next;
    }

    static constexpr std::array learns{"c_m", "tau_m", "e_l", "v_th", "v_reset", "i_e"};
    template <class T>
    struct SumsOf {
        T decay{}, drive{}, v_th{}, v_reset{};

        SNN_HD void to_column(T* to, int width) const {
            to[0] = decay;
            to[1 * width] = drive;
            to[2 * width] = v_th;
            to[3 * width] = v_reset;
        }
    };
    using Sums = SumsOf<float>;

    template <class Spike = Heaviside>
    SNN_HD static State after(const Constants& c, const float* saved, float) {
        return {held_after<Spike>(c, saved), 0.0f};  // how long it waits is not asked for
    }
    template <class Spike = Heaviside>
    SNN_HD static void add_gradient(const Constants& c, const StepBack<IafPscDelta>& step,
                                    Sums& sums) {
        add_held_gradient<Spike>(c, step, sums);
    }
    static void chain(const Params& p, double dt, const SumsOf<double>& sums, Params& d) {
        const double rate = dt / p.tau_m, decay = std::exp(-rate), lost = -std::expm1(-rate);
        d.i_e = lost * p.tau_m / p.c_m * sums.drive;
        d.c_m = -p.i_e / p.c_m * d.i_e;
        d.tau_m = decay * rate / p.tau_m * sums.decay +
                  (lost - decay * rate) * p.i_e / p.c_m * sums.drive;
        d.v_th = sums.v_th;
        d.v_reset = sums.v_reset;
        d.e_l = -(sums.v_th + sums.v_reset);  // both are relative to it
    }
};

}  // namespace snnsim
