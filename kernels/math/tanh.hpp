// tanh from exactly rounded operations only.
#pragma once

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// tanh x within 3 ulp: its series up to 0.3, beyond it 1 - 2 / (e^2|x| + 1).
SNN_HD inline float exact_tanh(float x) {
    const float size = x < 0.0f ? -x : x;
    if (size < 0.3f) {
        const float z = x * x;
        float p = fused(z, -8.8632355e-3f, 2.1869489e-2f);
        p = fused(p, z, -5.3968254e-2f);
        p = fused(p, z, 0.13333333f);
        p = fused(p, z, -0.33333333f);
        return fused(p * z, x, x);
    }
    const float e = exact_exp(size < 20.0f ? 2.0f * size : 40.0f);
    const float y = 1.0f - 2.0f / (e + 1.0f);
    return x < 0.0f ? -y : x != x ? x : y;
}

}  // namespace snnsim
