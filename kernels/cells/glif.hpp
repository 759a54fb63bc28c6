// The generalised leaky integrate-and-fire neurons of the Allen Institute, levels 1 to 5, with
// synaptic currents.
#pragma once

#include <array>
#include <cmath>

#include "kernels/cells/glif_levels.hpp"
#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// c_m dv/dt = -g_l (v - e_l) + sum of asc_k + i_e + stimuli + synaptic currents, alpha functions
/// of peak w. What a spike does to currents, threshold and v stands in glif_levels.hpp. All is
/// exact, as in NEST's glif_psc, with what that does besides: th_voltage does not see synaptic
/// currents, and the v of the reset is that a step before the spike. (Teeter et al. 2018,
/// Nat. Commun. 9:709; NEST has decays in 1/ms, thousands of the Hz here.)
struct Glif {
    static constexpr const char* name = "glif";
    static constexpr const char* input_unit = "pA";
    static constexpr int receptors = 4;
    static constexpr std::array named_receptors{
        NamedReceptor{"syn_1", "pA"}, NamedReceptor{"syn_2", "pA"}, NamedReceptor{"syn_3", "pA"},
        NamedReceptor{"syn_4", "pA"}};
    static constexpr bool uses_random = false;

    struct Params : GlifParams {
        double tau_syn_1 = 2.0, tau_syn_2 = 2.0, tau_syn_3 = 2.0, tau_syn_4 = 2.0;
        double i_e = 0.0;

        static constexpr auto fields() {
            return Joined{GlifParams::fields(),
                          Fields{
                              Field{"tau_syn_1", &Params::tau_syn_1, "ms", positive,
                                    "rise time of the synaptic currents of syn_1"},
                              Field{"tau_syn_2", &Params::tau_syn_2, "ms", positive, "of syn_2"},
                              Field{"tau_syn_3", &Params::tau_syn_3, "ms", positive, "of syn_3"},
                              Field{"tau_syn_4", &Params::tau_syn_4, "ms", positive, "of syn_4"},
                              Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
                          }};
        }
    };
    /// Of synaptic currents (i + slope t) e^(-t / tau).
    struct Kernel {
        float decay, slope;  // of a step; of a current of peak 1, at its start
        float v_by_i, v_by_slope;
    };
    struct Constants {
        float decay, by_current;  // of v
        float dt;
        GlifLevels spikes;
        Kernel syn_1, syn_2, syn_3, syn_4;
        float i_e, e_l;
    };
    struct State : GlifState {
        float i_1, i_2, i_3, i_4, slope_1, slope_2, slope_3, slope_4;
    };

    static constexpr auto states() {
        using S = StateField<State, Constants>;
        return glif_states<State, Constants>()
            .with(S{"i_1", &State::i_1, "pA", "current of syn_1"})
            .with(S{"i_2", &State::i_2, "pA", "current of syn_2"})
            .with(S{"i_3", &State::i_3, "pA", "current of syn_3"})
            .with(S{"i_4", &State::i_4, "pA", "current of syn_4"})
            .with(S{"slope_1", &State::slope_1, "", "what makes i_1 rise, in pA per ms"})
            .with(S{"slope_2", &State::slope_2, "", "what makes i_2 rise, in pA per ms"})
            .with(S{"slope_3", &State::slope_3, "", "what makes i_3 rise, in pA per ms"})
            .with(S{"slope_4", &State::slope_4, "", "what makes i_4 rise, in pA per ms"});
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double tau_m = p.c_m / p.g_l;
        const auto kernel = [&](double tau) {
            return Kernel{f(std::exp(-dt / tau)), f(std::exp(1.0) / tau),
                          f(current_to_v(dt, p.c_m, tau_m, tau)),
                          f(alpha_to_v(dt, p.c_m, tau_m, tau))};
        };
        return {f(std::exp(-dt / tau_m)),
                f(-std::expm1(-dt / tau_m) / p.g_l),
                f(dt),
                GlifLevels::of(p, dt),
                kernel(p.tau_syn_1),
                kernel(p.tau_syn_2),
                kernel(p.tau_syn_3),
                kernel(p.tau_syn_4),
                f(p.i_e),
                f(p.e_l)};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const float input = c.spikes.mean_current(s, c.i_e + in.current);
        float v = fused(c.by_current, input, c.decay * s.v);
        v = moved(c.syn_1, s.i_1, s.slope_1, v);
        v = moved(c.syn_2, s.i_2, s.slope_2, v);
        v = moved(c.syn_3, s.i_3, s.slope_3, v);
        v = moved(c.syn_4, s.i_4, s.slope_4, v);
        const bool fires = c.spikes.end_step(s, v, input);
        flow(c, c.syn_1, s.i_1, s.slope_1, in.receptor_0);
        flow(c, c.syn_2, s.i_2, s.slope_2, in.receptor_1);
        flow(c, c.syn_3, s.i_3, s.slope_3, in.receptor_2);
        flow(c, c.syn_4, s.i_4, s.slope_4, in.receptor_3);
        return fires ? 1.0f : 0.0f;
    }

  private:
    SNN_HD static float moved(const Kernel& k, float i, float slope, float v) {
        return fused(k.v_by_i, i, fused(k.v_by_slope, slope, v));
    }
    SNN_HD static void flow(const Constants& c, const Kernel& k, float& i, float& slope,
                            float weights) {
        i = flushed(k.decay * fused(c.dt, slope, i));
        slope = flushed(fused(k.slope, weights, k.decay * slope));
    }
};

}  // namespace snnsim
