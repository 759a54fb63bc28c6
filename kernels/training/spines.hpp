// Weights by the size of a spine (Cai et al. 2025, arXiv 2508.21566): what learns is theta, and
// w = sign(theta) a [|theta| - d]_+, with a gain a of each target. d grows in the course of a
// training, so that more and more synapses are away, and any of them can come back.
#pragma once

#include <cstddef>

#include "kernels/host_device.hpp"

namespace snnsim {

/// What holds for all weights of a projection.
struct SpineShape {
    const float* gain;  // of each element; 0 of biases, which are their own theta
    float shift;        // d
    float least;        // a smaller |w| is 0
};

/// Body over the elements of a projection: dL/dw becomes dL/dtheta; where the weight is away as if
/// it were theta.
struct SpineGradient {
    SpineShape shape;
    const float* theta;
    float* gradient;

    SNN_HD void operator()(std::size_t i) const {
        const float size = theta[i] < 0.0f ? -theta[i] : theta[i];
        if (shape.gain[i] > 0.0f && size > shape.shift) gradient[i] = gradient[i] * shape.gain[i];
    }
};

/// Body over the elements of a projection, after an update.
struct SpineWeight {
    SpineShape shape;
    const float* theta;
    float* weight;

    SNN_HD void operator()(std::size_t i) const {
        const float t = theta[i];
        if (shape.gain[i] == 0.0f) {
            weight[i] = t;
            return;
        }
        const float above = (t < 0.0f ? -t : t) - shape.shift;
        const float size = above > 0.0f ? shape.gain[i] * above : 0.0f;
        weight[i] = size == 0.0f || size < shape.least ? 0.0f : t < 0.0f ? -size : size;
    }
};

}  // namespace snnsim
