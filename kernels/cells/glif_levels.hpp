// What the levels of generalised leaky integrate-and-fire neurons add to a leaky integrator,
// whatever its synapses are.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "kernels/cells/model.hpp"
#include "kernels/cells/propagators.hpp"

namespace snnsim {

/// glif2 has a reset that depends on v, and a threshold that a spike raises; glif3 currents after a
/// spike; glif4 both; glif5 a threshold that follows v too.
enum class GlifLevel : std::uint8_t { glif1, glif2, glif3, glif4, glif5 };
template <>
struct Names<GlifLevel> {
    static constexpr std::array values{"glif1", "glif2", "glif3", "glif4", "glif5"};
};

struct GlifParams {
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

    bool raises_threshold() const { return level == GlifLevel::glif2 || level >= GlifLevel::glif4; }
    bool has_currents() const { return level >= GlifLevel::glif3; }

    static constexpr auto fields() {
        using P = GlifParams;
        return Fields{
            Field{"level", &P::level, "", unlimited,
                  "glif2: the reset depends on v, a spike raises the threshold; glif3: a spike "
                  "leaves currents; glif4: both; glif5: the threshold follows v too"},
            Field{"c_m", &P::c_m, "pF", positive, "membrane capacitance"},
            Field{"g_l", &P::g_l, "nS", positive, "leak conductance"},
            Field{"e_l", &P::e_l, "mV", unlimited, "resting potential"},
            Field{"v_th", &P::v_th, "mV", unlimited, "threshold, when it is lowest"},
            Field{"v_reset", &P::v_reset, "mV", unlimited,
                  "potential after a spike (glif1, glif3)"},
            Field{"t_ref", &P::t_ref, "ms", non_negative, "refractory period"},
            Field{"voltage_reset_fraction", &P::voltage_reset_fraction, "", fraction,
                  "share of v - e_l that a spike leaves (glif2, glif4, glif5)"},
            Field{"voltage_reset_add", &P::voltage_reset_add, "mV", unlimited,
                  "what is added to it"},
            Field{"th_spike_add", &P::th_spike_add, "mV", non_negative,
                  "by which a spike raises the threshold (glif2, glif4, glif5)"},
            Field{"th_spike_decay", &P::th_spike_decay, "Hz", positive,
                  "with which it falls again: 1 / its time constant"},
            Field{"th_voltage_index", &P::th_voltage_index, "Hz", unlimited,
                  "with which the threshold follows v (glif5)"},
            Field{"th_voltage_decay", &P::th_voltage_decay, "Hz", positive,
                  "with which it falls again (glif5)"},
            Field{"asc_amp_1", &P::asc_amp_1, "pA", unlimited,
                  "current that a spike leaves (glif3, glif4, glif5)"},
            Field{"asc_decay_1", &P::asc_decay_1, "Hz", positive, "of that current"},
            Field{"asc_r_1", &P::asc_r_1, "", fraction, "share of it that a spike leaves"},
            Field{"asc_amp_2", &P::asc_amp_2, "pA", unlimited, "of a second current"},
            Field{"asc_decay_2", &P::asc_decay_2, "Hz", positive, "of a second current"},
            Field{"asc_r_2", &P::asc_r_2, "", fraction, "of a second current"},
        };
    }
};

struct GlifState {
    float v, asc_1, asc_2, th_spike, th_voltage, refractory;
};

template <class State, class Constants>
constexpr auto glif_states() {
    using S = StateField<State, Constants>;
    return Fields{
        S{"v", &State::v, "mV", "membrane potential", &Constants::e_l, "`e_l`"},
        S{"asc_1", &State::asc_1, "pA", "current after spikes"},
        S{"asc_2", &State::asc_2, "pA", "the second of them"},
        S{"th_spike", &State::th_spike, "mV", "by which spikes have raised the threshold"},
        S{"th_voltage", &State::th_voltage, "mV", "by which v has raised it"},
        S{"refractory", &State::refractory, "", "steps until the cell integrates again"},
    };
}

/// dasc_k/dt = -asc_decay_k asc_k; the threshold is v_th + th_spike + th_voltage,
/// dth_spike/dt = -th_spike_decay th_spike,
/// dth_voltage/dt = th_voltage_index (v - e_l) - th_voltage_decay th_voltage. At a spike
/// asc_k = asc_r_k asc_k e^(-asc_decay_k t_ref) + asc_amp_k, th_spike = th_spike e^(-th_spike_decay
/// t_ref) + th_spike_add, and v = v_reset, or voltage_reset_fraction v + voltage_reset_add, both
/// from e_l. While the cell is refractory all stays as it is.
struct GlifLevels {
    struct Current {
        float decay, mean;      // of a step
        float left, amplitude;  // of a spike
    };
    Current asc_1, asc_2;
    float spike_decay, spike_left, spike_add;             // of the threshold
    float voltage_decay, voltage_by_v, voltage_by_input;  // of the threshold
    float reset_share, reset_to;                          // relative to e_l
    float v_th;                                           // relative to e_l
    float refractory;                                     // steps

    static GlifLevels of(const GlifParams& p, double dt) {
        const auto f = [](double x) { return static_cast<float>(x); };
        const double tau_m = p.c_m / p.g_l, t_ref = p.t_ref;  // not on the grid: as NEST
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
        return {current(p.asc_amp_1, p.asc_decay_1, p.asc_r_1),
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
                refractory_steps(p.t_ref, dt)};
    }
    /// The mean over the step of the currents after spikes, and `current`.
    SNN_HD float mean_current(const GlifState& s, float current) const {
        return fused(asc_1.mean, s.asc_1, fused(asc_2.mean, s.asc_2, current));
    }
    /// Ends a step that brings the membrane to v under `input`; true when the cell fires.
    SNN_HD bool end_step(GlifState& s, float v, float input) const {
        const bool waits = s.refractory > 0.0f;
        const float raised_by_v =
            fused(voltage_by_v, s.v, fused(voltage_by_input, input, voltage_decay * s.th_voltage));
        const float raised = spike_decay * s.th_spike;
        const float next_1 = asc_1.decay * s.asc_1, next_2 = asc_2.decay * s.asc_2;
        const bool fires = !waits && v > v_th + (raised + raised_by_v);
        const float reset = fused(reset_share, s.v, reset_to);

        s.asc_1 = waits ? s.asc_1 : fires ? fused(asc_1.left, next_1, asc_1.amplitude) : next_1;
        s.asc_2 = waits ? s.asc_2 : fires ? fused(asc_2.left, next_2, asc_2.amplitude) : next_2;
        s.th_spike = waits ? s.th_spike : fires ? fused(spike_left, raised, spike_add) : raised;
        s.th_voltage = waits ? s.th_voltage : raised_by_v;
        s.v = waits ? s.v : fires ? reset : v;
        s.refractory = fires ? refractory : waits ? s.refractory - 1.0f : 0.0f;
        s.asc_1 = flushed(s.asc_1), s.asc_2 = flushed(s.asc_2);
        s.th_spike = flushed(s.th_spike), s.th_voltage = flushed(s.th_voltage);
        return fires;
    }
};

}  // namespace snnsim
