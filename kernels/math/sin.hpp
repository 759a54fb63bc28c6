// The sine of a phase in whole numbers of a turn, from exactly rounded operations only.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// sin(2 pi phase / 2^32) within 1.3 ulp. Such phases wrap around and add up without error, so that
/// a sine is as exact after a day as in its first period; and their range reduction is exact, to
/// the eighth of a turn on either side of the nearest quarter. Without branches, so that loops
/// become vector instructions.
SNN_HD inline float sin_of_turns(std::uint32_t phase) {
    const std::uint32_t quarter = (phase + (1u << 29)) >> 30;
    const auto rest = static_cast<std::int32_t>(phase - (quarter << 30));
    const float x = static_cast<float>(rest) * 0x1p-30f;  // in quarter turns, -1/2 to 1/2
    const float z = x * x;
    // Least squares with weights, to 1e-9 of the function; pi / 2 in two parts.
    float s = fused(z, 1.5826254e-4f, -4.6812976e-3f);
    s = fused(s, z, 7.969259e-2f);
    s = fused(s, z, -0.6459641f);
    s = fused(s, z, -4.371139e-8f);
    s = fused(x, 1.5707964f, x * s);
    float c = fused(z, 9.040216e-4f, -2.0860288e-2f);
    c = fused(c, z, 0.25366923f);
    c = fused(c, z, -1.2337005f);
    c = fused(c, z, 1.0f);
    const float size = (quarter & 1u) != 0 ? c : s;
    return (quarter & 2u) != 0 ? -size : size;
}

}  // namespace snnsim
