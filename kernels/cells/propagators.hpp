// What exact integration of linear cells needs, computed on the host in double.
#pragma once

#include <cmath>

#include "kernels/steps.hpp"

namespace snnsim {

/// What an exponential current of time constant tau_s (1 at the start of the step) adds to the
/// membrane in one step: tau_m tau_s / (c_m (tau_s - tau_m)) (e^(-dt/tau_s) - e^(-dt/tau_m)), or
/// its limit for equal time constants.
inline double current_to_v(double dt, double c_m, double tau_m, double tau_s) {
    const double rate = 1.0 / tau_m - 1.0 / tau_s;  // (tau_s - tau_m) / (tau_m tau_s)
    const double decay = std::exp(-dt / tau_m);
    return std::abs(rate * dt) < 1e-12 ? decay * dt / c_m
                                       : decay * std::expm1(rate * dt) / (rate * c_m);
}

/// Its derivatives by the time constants.
struct CurrentToVSlopes {
    double by_m, by_s;
};
inline CurrentToVSlopes current_to_v_slopes(double dt, double c_m, double tau_m, double tau_s) {
    const double rate = 1.0 / tau_m - 1.0 / tau_s, x = rate * dt;
    const double decay = std::exp(-dt / tau_m) / c_m;
    // d/drate of expm1(rate dt) / rate; near 0 by its series, as the difference loses digits.
    const double by_rate = std::abs(x) < 1e-4 ? dt * dt * (0.5 + x / 3.0 + x * x / 8.0)
                                              : (dt * std::exp(x) - std::expm1(x) / rate) / rate;
    return {(current_to_v(dt, c_m, tau_m, tau_s) * dt - decay * by_rate) / (tau_m * tau_m),
            decay * by_rate / (tau_s * tau_s)};
}

/// The same for the current t e^(-t/tau_s): an alpha function whose slope at the start of the step
/// is 1.
inline double alpha_to_v(double dt, double c_m, double tau_m, double tau_s) {
    const double rate = 1.0 / tau_m - 1.0 / tau_s, x = rate * dt;
    const double by_m = std::exp(-dt / tau_m), by_s = std::exp(-dt / tau_s);
    if (std::abs(x) > 0.1) return (dt * by_s - (by_s - by_m) / rate) / (rate * c_m);
    // dt^2 times the sum of x^k / (k! (k + 2)): also right for equal time constants.
    double sum = 0.0, power = 1.0;
    for (int k = 0; k < 12; ++k) {
        sum += power / (k + 2);
        power *= x / (k + 1);
    }
    return by_m * dt * dt * sum / c_m;
}

/// dg/dt = r - g / tau_decay, dr/dt = -r / tau_rise, from g = 0 and r = 1: a difference of two
/// exponentials, and for equal time constants an alpha function.
inline double beta(double t, double tau_rise, double tau_decay) {
    return current_to_v(t, 1.0, tau_decay, tau_rise);
}
/// Its mean from 0 to t.
inline double mean_beta(double t, double tau_rise, double tau_decay) {
    const auto mean = [t](double tau) { return -std::expm1(-t / tau) * tau / t; };
    // Equal ones as nearly equal: the digits that are left are more than a float has.
    const bool equal = std::abs(tau_rise / tau_decay - 1.0) < 1e-5;
    const double rise = equal ? tau_decay * (1.0 - 1e-5) : tau_rise;
    return (mean(tau_decay) - mean(rise)) / (1.0 / rise - 1.0 / tau_decay);
}
inline double peak_of_beta(double tau_rise, double tau_decay) {
    const double rate = 1.0 / tau_rise - 1.0 / tau_decay, ratio = tau_decay / tau_rise;
    const double at = std::abs(ratio - 1.0) < 1e-9 ? tau_rise : std::log(ratio) / rate;
    return beta(at, tau_rise, tau_decay);
}

/// A refractory period on the grid.
inline float refractory_steps(double t_ref, double dt) {
    return static_cast<float>(rounded_steps(t_ref, dt));
}

}  // namespace snnsim
