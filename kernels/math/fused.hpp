// Multiply-add with one rounding, the same bits on every machine.
#pragma once

#include <cmath>

#include "kernels/host_device.hpp"

namespace snnsim {

/// a * b + c, rounded once. A compiler never contracts here by itself (-ffp-contract=off,
/// --fmad=false).
SNN_HD inline float fused(float a, float b, float c) {
    return fmaf(a, b, c);
}

}  // namespace snnsim
