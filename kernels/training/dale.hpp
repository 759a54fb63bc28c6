// Dale's law: all weights of a source have its sign, s. Either a weight that an update took to the
// other side becomes 0, or what learns is a latent number v with w = s f(v) (Cornford et al. 2021
// compare such ways).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

enum class DaleMethod : std::uint8_t { project, softplus, relu };

/// ln(1 + e^v)
SNN_HD inline float softplus(float v) {
    const float above = v > 0.0f ? v : 0.0f;
    return above + exact_log(1.0f + exact_exp(v > 0.0f ? -v : v));
}

/// Body over the elements of a projection: dL/dw becomes dL/dv.
struct LatentGradient {
    const float* sign;  // 1 or -1; 0 of biases, which have none
    const float* latent;
    float* gradient;
    DaleMethod method;

    SNN_HD void operator()(std::size_t i) const {
        if (sign[i] == 0.0f) return;
        float slope = sign[i];  // of relu everywhere, so that a weight of 0 can come back
        if (method == DaleMethod::softplus) slope = slope / (1.0f + exact_exp(-latent[i]));
        gradient[i] = gradient[i] * slope;
    }
};

/// Body over the elements of a projection, after an update.
struct SignedWeight {
    const float* sign;
    const float* mask;    // 0 where nothing learns, or null
    const float* latent;  // null: the weights themselves were updated
    float* weight;
    DaleMethod method;

    SNN_HD void operator()(std::size_t i) const {
        if (mask && mask[i] == 0.0f) return;
        const float v = latent ? latent[i] : sign[i] * weight[i];
        if (sign[i] == 0.0f) {
            if (latent) weight[i] = v;
            return;
        }
        const float size = method == DaleMethod::softplus ? softplus(v) : v > 0.0f ? v : 0.0f;
        weight[i] = size == 0.0f ? 0.0f : sign[i] * size;
    }
};

}  // namespace snnsim
