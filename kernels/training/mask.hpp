// Weights that are not there: their gradients are zero, so that they stay zero.
#pragma once

#include "kernels/host_device.hpp"
#include "kernels/lanes.hpp"

namespace snnsim {

/// Body over the elements of a projection.
struct MaskGradient {
    const float* mask;  // 1, or 0 where there is no weight
    float* gradient;

    SNN_HD void operator()(std::size_t i) const { gradient[i] = gradient[i] * mask[i]; }
};

}  // namespace snnsim
