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

/// A refractory period on the grid.
inline float refractory_steps(double t_ref, double dt) {
    return static_cast<float>(rounded_steps(t_ref, dt));
}

}  // namespace snnsim
