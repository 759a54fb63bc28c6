// The one rule by which times become steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace snnsim {

/// A quotient so near to a half, or to a whole number, counts as that: 0.35 / 0.1 is
/// 3.4999999999999996, and times may have been kept in single precision.
inline constexpr double step_tolerance = 1e-6;

/// How many steps of dt a time is: the nearest number, halves up.
inline double rounded_steps(double time, double dt) {
    return std::floor(time / dt + (0.5 + step_tolerance));
}
/// The same as a whole number; times beyond what can be counted are the end of time.
inline std::int64_t step_of(double time, double dt) {
    return time / dt < 9e18 ? static_cast<std::int64_t>(rounded_steps(time, dt))
                            : std::numeric_limits<std::int64_t>::max();
}
/// Whether the time is a whole number of steps; none only where it is 0.
inline bool on_grid(double time, double dt) {
    const double steps = time / dt;  // of which a double has 16 digits
    if (time > 0.0 && steps < 0.5) return false;
    return std::abs(steps - std::round(steps)) <= std::max(step_tolerance, 1e-15 * steps);
}

}  // namespace snnsim
