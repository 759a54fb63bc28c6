// The generalised leaky integrate-and-fire neurons of the Allen Institute, levels 1 to 5.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// What a level adds to a leaky integrator: glif2 a reset that depends on v, and a threshold that a
/// spike raises; glif3 currents after a spike; glif4 both; glif5 a threshold that follows v too.
enum class GlifLevel : std::uint8_t { glif1, glif2, glif3, glif4, glif5 };
template <>
struct Names<GlifLevel> {
    static constexpr std::array values{"glif1", "glif2", "glif3", "glif4", "glif5"};
};

/// c_m dv/dt = -g_l (v - e_l) + sum of asc_k + i_e + stimuli + synaptic currents, alpha functions
/// of peak w; dasc_k/dt = -asc_decay_k asc_k; threshold v_th + th_spike + th_voltage,
/// dth_spike/dt = -th_spike_decay th_spike,
/// dth_voltage/dt = th_voltage_index (v - e_l) - th_voltage_decay th_voltage. At a spike
/// asc_k = asc_r_k asc_k e^(-asc_decay_k t_ref) + asc_amp_k, th_spike = th_spike e^(-th_spike_decay
/// t_ref) + th_spike_add, and v = v_reset, or voltage_reset_fraction v + voltage_reset_add, both
/// from e_l. All is exact, as in NEST's glif_psc, with what that does besides: th_voltage does not
/// see synaptic currents, and the v of the reset is that a step before the spike. (Teeter et al.
/// 2018, Nat. Commun. 9:709; NEST has decays in 1/ms, thousands of the Hz here.)
struct Glif {
    static constexpr const char* name = "glif";
    static constexpr const char* input_unit = "pA";
    static constexpr int receptors = 4;
    static constexpr std::array named_receptors{
        NamedReceptor{"syn_1", "pA"}, NamedReceptor{"syn_2", "pA"}, NamedReceptor{"syn_3", "pA"},
        NamedReceptor{"syn_4", "pA"}};
    static constexpr bool uses_random = false;

    struct Params {
        GlifLevel level = GlifLevel::glif1;
        double c_m = 58.72;
        double g_l = 9.43;
        double e_l = -78.85;
        double v_th = -51.68;
        double v_reset = -78.85;
        double t_ref = 3.75;
        double voltage_reset_fraction = 0.2, voltage_reset_add = 18.51;
        double th_spike_add = 0.37, th_spike_decay = 9.0;
        double th_voltage_index = 5.0, th_voltage_decay = 90.0;
        double asc_amp_1 = -9.18, asc_decay_1 = 3.0, asc_r_1 = 1.0;
        double asc_amp_2 = -198.94, asc_decay_2 = 100.0, asc_r_2 = 1.0;
        double tau_syn_1 = 2.0, tau_syn_2 = 2.0, tau_syn_3 = 2.0, tau_syn_4 = 2.0;
        double i_e = 0.0;

        bool raises_threshold() const {
            return level == GlifLevel::glif2 || level >= GlifLevel::glif4;
        }
        bool has_currents() const { return level >= GlifLevel::glif3; }

        static constexpr auto fields() {
            return Fields{
                Field{"level", &Params::level, "", unlimited,
                      "glif2: the reset depends on v, a spike raises the threshold; glif3: a spike "
                      "leaves currents; glif4: both; glif5: the threshold follows v too"},
                Field{"c_m", &Params::c_m, "pF", positive, "membrane capacitance"},
                Field{"g_l", &Params::g_l, "nS", positive, "leak conductance"},
                Field{"e_l", &Params::e_l, "mV", unlimited, "resting potential"},
                Field{"v_th", &Params::v_th, "mV", unlimited, "threshold, when it is lowest"},
                Field{"v_reset", &Params::v_reset, "mV", unlimited,
                      "potential after a spike (glif1, glif3)"},
                Field{"t_ref", &Params::t_ref, "ms", non_negative, "refractory period"},
                Field{"voltage_reset_fraction", &Params::voltage_reset_fraction, "", fraction,
                      "share of v - e_l that a spike leaves (glif2, glif4, glif5)"},
                Field{"voltage_reset_add", &Params::voltage_reset_add, "mV", unlimited,
                      "what is added to it"},
                Field{"th_spike_add", &Params::th_spike_add, "mV", non_negative,
                      "by which a spike raises the threshold (glif2, glif4, glif5)"},
                Field{"th_spike_decay", &Params::th_spike_decay, "Hz", positive,
                      "with which it falls again: 1 / its time constant"},
                Field{"th_voltage_index", &Params::th_voltage_index, "Hz", unlimited,
                      "with which the threshold follows v (glif5)"},
                Field{"th_voltage_decay", &Params::th_voltage_decay, "Hz", positive,
                      "with which it falls again (glif5)"},
                Field{"asc_amp_1", &Params::asc_amp_1, "pA", unlimited,
                      "current that a spike leaves (glif3, glif4, glif5)"},
                Field{"asc_decay_1", &Params::asc_decay_1, "Hz", positive, "of that current"},
                Field{"asc_r_1", &Params::asc_r_1, "", fraction, "share of it that a spike leaves"},
                Field{"asc_amp_2", &Params::asc_amp_2, "pA", unlimited, "of a second current"},
                Field{"asc_decay_2", &Params::asc_decay_2, "Hz", positive, "of a second current"},
                Field{"asc_r_2", &Params::asc_r_2, "", fraction, "of a second current"},
                Field{"tau_syn_1", &Params::tau_syn_1, "ms", positive,
                      "rise time of the synaptic currents of syn_1"},
                Field{"tau_syn_2", &Params::tau_syn_2, "ms", positive, "of syn_2"},
                Field{"tau_syn_3", &Params::tau_syn_3, "ms", positive, "of syn_3"},
                Field{"tau_syn_4", &Params::tau_syn_4, "ms", positive, "of syn_4"},
                Field{"i_e", &Params::i_e, "pA", unlimited, "constant current"},
            };
        }
    };
    /// Of synaptic currents (i + slope t) e^(-t / tau).
    struct Kernel {
        float decay, slope;  // of a step; of a current of peak 1, at its start
        float v_by_i, v_by_slope;
    };
    struct Current {
        float decay, mean;      // of a step
        float left, amplitude;  // of a spike
    };
    struct Constants {
        float decay, by_current;  // of v
        float dt;
        Current asc_1, asc_2;
        float spike_decay, spike_left, spike_add;             // of the threshold
        float voltage_decay, voltage_by_v, voltage_by_input;  // of the threshold
        float reset_share, reset_to;                          // relative to e_l
        float v_th;                                           // relative to e_l
        float refractory;                                     // steps
        Kernel syn_1, syn_2, syn_3, syn_4;
        float i_e, e_l;
    };
    struct State {
        float v, asc_1, asc_2, th_spike, th_voltage, refractory;
        float i_1, i_2, i_3, i_4, slope_1, slope_2, slope_3, slope_4;
    };

    static constexpr auto states() {
        using S = StateField<State, Constants>;
        return Fields{
            StateField{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
            S{"asc_1", &State::asc_1, "pA", "current after spikes"},
            S{"asc_2", &State::asc_2, "pA", "the second of them"},
            S{"th_spike", &State::th_spike, "mV", "by which spikes have raised the threshold"},
            S{"th_voltage", &State::th_voltage, "mV", "by which v has raised it"},
            S{"refractory", &State::refractory, "", "steps until the cell integrates again"},
            S{"i_1", &State::i_1, "pA", "current of syn_1"},
            S{"i_2", &State::i_2, "pA", "current of syn_2"},
            S{"i_3", &State::i_3, "pA", "current of syn_3"},
            S{"i_4", &State::i_4, "pA", "current of syn_4"},
            S{"slope_1", &State::slope_1, "", "what makes i_1 rise, in pA per ms"},
            S{"slope_2", &State::slope_2, "", "what makes i_2 rise, in pA per ms"},
            S{"slope_3", &State::slope_3, "", "what makes i_3 rise, in pA per ms"},
            S{"slope_4", &State::slope_4, "", "what makes i_4 rise, in pA per ms"},
        };
    }
    static Constants prepare(const Params& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double tau_m = p.c_m / p.g_l, t_ref = p.t_ref;  // not on the grid: as NEST
        const auto kernel = [&](double tau) {
            return Kernel{f(std::exp(-dt / tau)), f(std::exp(1.0) / tau),
                          f(current_to_v(dt, p.c_m, tau_m, tau)),
                          f(alpha_to_v(dt, p.c_m, tau_m, tau))};
        };
        const auto current = [&](double amplitude, double decay, double r) {
            const double rate = decay * 1e-3, on = p.has_currents() ? 1.0 : 0.0;
            return Current{f(std::exp(-rate * dt)), f(-std::expm1(-rate * dt) / (rate * dt)),
                           f(on * r * std::exp(-rate * t_ref)), f(on * amplitude)};
        };
        const double spike = p.raises_threshold() ? 1.0 : 0.0, spike_rate = p.th_spike_decay * 1e-3;
        // dth/dt = index u - decay th, where u - input / g_l decays with tau_m.
        const double rate = p.th_voltage_decay * 1e-3;
        const double index = p.level == GlifLevel::glif5 ? p.th_voltage_index * 1e-3 : 0.0;
        const double by_v = index * beta(dt, tau_m, 1.0 / rate);
        const double by_steady = -index * std::expm1(-rate * dt) / rate;
        return {f(std::exp(-dt / tau_m)),
                f(-std::expm1(-dt / tau_m) / p.g_l),
                f(dt),
                current(p.asc_amp_1, p.asc_decay_1, p.asc_r_1),
                current(p.asc_amp_2, p.asc_decay_2, p.asc_r_2),
                f(std::exp(-spike_rate * dt)),
                f(spike * std::exp(-spike_rate * t_ref)),
                f(spike * p.th_spike_add),
                f(std::exp(-rate * dt)),
                f(by_v),
                f((by_steady - by_v) / p.g_l),
                f(spike * p.voltage_reset_fraction),
                f(p.raises_threshold() ? p.voltage_reset_add : p.v_reset - p.e_l),
                f(p.v_th - p.e_l),
                refractory_steps(p.t_ref, dt),
                kernel(p.tau_syn_1),
                kernel(p.tau_syn_2),
                kernel(p.tau_syn_3),
                kernel(p.tau_syn_4),
                f(p.i_e),
                f(p.e_l)};
    }
    static State rest(const Params&, const Constants&) { return {}; }

    SNN_HD static float step(const Constants& c, State& s, const CellInput& in) {
        const bool waits = s.refractory > 0.0f;
        const float input =
            fused(c.asc_1.mean, s.asc_1, fused(c.asc_2.mean, s.asc_2, c.i_e + in.current));
        float v = fused(c.by_current, input, c.decay * s.v);
        v = moved(c.syn_1, s.i_1, s.slope_1, v);
        v = moved(c.syn_2, s.i_2, s.slope_2, v);
        v = moved(c.syn_3, s.i_3, s.slope_3, v);
        v = moved(c.syn_4, s.i_4, s.slope_4, v);
        const float th_voltage = fused(
            c.voltage_by_v, s.v, fused(c.voltage_by_input, input, c.voltage_decay * s.th_voltage));
        const float th_spike = c.spike_decay * s.th_spike;
        const float asc_1 = c.asc_1.decay * s.asc_1, asc_2 = c.asc_2.decay * s.asc_2;
        const bool fires = !waits && v > c.v_th + (th_spike + th_voltage);
        const float reset = fused(c.reset_share, s.v, c.reset_to);

        s.asc_1 = waits ? s.asc_1 : fires ? fused(c.asc_1.left, asc_1, c.asc_1.amplitude) : asc_1;
        s.asc_2 = waits ? s.asc_2 : fires ? fused(c.asc_2.left, asc_2, c.asc_2.amplitude) : asc_2;
        s.th_spike = waits   ? s.th_spike
                     : fires ? fused(c.spike_left, th_spike, c.spike_add)
                             : th_spike;
        s.th_voltage = waits ? s.th_voltage : th_voltage;
        s.v = waits ? s.v : fires ? reset : v;
        s.refractory = fires ? c.refractory : waits ? s.refractory - 1.0f : 0.0f;
        s.asc_1 = flushed(s.asc_1), s.asc_2 = flushed(s.asc_2);
        s.th_spike = flushed(s.th_spike), s.th_voltage = flushed(s.th_voltage);
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
