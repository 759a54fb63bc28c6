// Membranes whose currents are conductances, and a step of theirs that stays within what the
// reversal potentials allow, however strong the conductances are.
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// The current into a membrane at some moment: flow - total v.
struct MembraneCurrent {
    float flow, total;  // pA; nS, not negative

    SNN_HD float at(float v) const { return fused(-total, v, flow); }
};

/// From this conductance on a step of dt by an explicit Runge-Kutta method of order 4 is less
/// accurate than `relaxed`, and soon unstable: half of c_m / dt. Where conductances last no longer
/// than dt the method misses most of them, whatever their size.
inline double strong_conductance(double dt, double c_m, double tau_syn) {
    return dt > tau_syn ? -1.0 : 0.5 * c_m / dt;
}

/// v after a step of h = dt / c_m, for conductances that change smoothly from `first` to `last`
/// with the mean `mean` over the step. Where time is measured by what the conductances let through,
/// v follows its aim flow / total at the rate 1, and what is left of v is exact. The aim is the
/// parabola with the right ends and the right mean: so the method is of order 4 at least. What
/// comes of it is kept between the mean and the end of the aim: so v moves towards a value that the
/// conductances allow, and not beyond it, however strong they are. Where they vanish v moves by the
/// currents.
SNN_HD inline float relaxed(float v, float h, MembraneCurrent first, MembraneCurrent mean,
                            MembraneCurrent last) {
    constexpr float least = 1e-4f;  // of total h, below which aims are not asked for
    const float through = h * mean.total;
    const float up = through < 80.0f ? through : 80.0f;  // all of v is forgotten
    const float passed = up > 0.0f ? up : 0.0f;
    const float share = -expm1_below_zero(-passed);

    const float first_total = h * first.total, last_total = h * last.total;
    const float aim = h * mean.flow / (through > least ? through : least);
    const float first_aim = h * first.flow / (first_total > least ? first_total : least);
    const float last_aim = h * last.flow / (last_total > least ? last_total : least);

    // How far the slope of the aim counts, and how far its curvature: ratios of the modified
    // spherical Bessel functions i_1 / (2 i_0) and i_2 / i_0 of passed / 2.
    const bool few = passed < 1.0f;
    const float z = passed * passed;
    const float slope_by_series =
        passed * fused(z, fused(z, 3.3068783e-5f, -1.3888889e-3f), 8.3333333e-2f);
    const float slope_by_share =
        fused(2.0f - share, passed, -2.0f * share) / (few ? 1.0f : 2.0f * share * passed);
    const float slope = few ? slope_by_series : slope_by_share;
    const float curvature = few ? z * fused(z, -3.968254e-4f, 1.6666667e-2f)
                                : 1.0f - 12.0f * slope / (few ? 1.0f : passed);
    const float rise = last_aim - first_aim, end = last_aim - aim;
    const float wanted = fused(curvature, fused(-0.5f, rise, end), slope * rise);
    const float low = end < 0.0f ? end : 0.0f, high = end > 0.0f ? end : 0.0f;
    const float above = wanted > low ? wanted : low;
    const float shift = above < high ? above : high;

    const bool hardly = passed < least;
    const float little = h * mean.at(v) * fused(-0.5f, passed, 1.0f);
    return v + (hardly ? little : share * (aim + shift - v));
}

/// Between what values v stays that starts and is reset between `low` and `high`, as are the
/// reversal potentials, under a leak g_l and a current; with some room for rounding.
struct Reach {
    double low, high;

    Reach& widen(std::initializer_list<double> values) {
        low = std::min(low, std::min(values)), high = std::max(high, std::max(values));
        return *this;
    }
    Reach& under_current(double least, double greatest, double g_l) {
        constexpr double any = std::numeric_limits<double>::infinity();
        if (least < 0.0) low += g_l > 0.0 ? least / g_l : -any;
        if (greatest > 0.0) high += g_l > 0.0 ? greatest / g_l : any;
        return *this;
    }
    /// To the limits of the states that are given.
    void set(float& least, float& greatest) const {
        constexpr double most = std::numeric_limits<float>::max();
        const double room = 1.0 + 0.01 * std::min(high - low, 1e6);
        least = static_cast<float>(std::max(low - room, -most));
        greatest = static_cast<float>(std::min(high + room, most));
    }
};

/// The mean of e^(-t / tau) over a step, on the host.
inline double mean_decay(double dt, double tau) {
    return -std::expm1(-dt / tau) * tau / dt;
}

}  // namespace snnsim
