// What cells with channels of Hodgkin and Huxley's kind share: gates, their rates, a bounded
// membrane.
#pragma once

#include "kernels/cells/model.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// What the change at the rate of its beginning is divided by in a step of 2 `half`, of what
/// decays at the rate `total`: of the trapezoidal rule, or where that swings past its aim, of a
/// rule that lets 1 / (1 + y + y^2 / 2) remain, y = 2 half total. Both are of order 2.
SNN_HD inline float slowed(float half, float total) {
    const float x = half * total, trapezoidal = fused(half, total, 1.0f);
    return x > 0.5f ? fused(2.0f, x, 1.0f / trapezoidal) : trapezoidal;
}

/// A gate after a step of 2 `half`.
SNN_HD inline float moved(float half, float x, float open, float close) {
    const float total = open + close;
    return flushed(x + 2.0f * half * fused(-total, x, open) / slowed(half, total));
}

/// x / (e^x - 1), which is 1 at 0.
SNN_HD inline float linoid(float x, float exp_x) {
    const float z = x * x;
    const float near = fused(x, -0.5f, fused(z, fused(z, -1.0f / 720.0f, 1.0f / 12.0f), 1.0f));
    const bool is_near = z < 0.1f;
    const float far = x / (is_near ? 1.0f : exp_x - 1.0f);
    return is_near ? near : far;
}

/// mV, far beyond what cells do, so that nothing can overflow.
inline constexpr float farthest_membrane = 1e6f;
SNN_HD inline float bounded_membrane(float v) {
    const float low = v > -farthest_membrane ? v : -farthest_membrane;
    return low < farthest_membrane ? low : farthest_membrane;
}

}  // namespace snnsim
