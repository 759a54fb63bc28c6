// The normal distribution's quantile, in arithmetic that every machine does alike.
#pragma once

#include <cmath>

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// The value below which a share u, 0 < u < 1, of the standard normal distribution lies, to about 7
/// digits: Wichura's PPND7 (Algorithm AS 241, 1988).
SNN_HD inline float normal_quantile(float u) {
    const float q = u - 0.5f;
    const float r = 0.180625f - q * q;
    if (r >= 0.0f) {  // |q| <= 0.425
        const float above =
            ((59.10937472f * r + 159.29113202f) * r + 50.434271938f) * r + 3.3871327179f;
        const float below = ((67.1875636f * r + 78.757757664f) * r + 17.895169469f) * r + 1.0f;
        return q * above / below;
    }
    const float tail = sqrtf(-exact_log(q < 0.0f ? u : 1.0f - u));
    float x;
    if (tail <= 5.0f) {
        const float s = tail - 1.6f;
        x = (((0.17023821103f * s + 1.3067284816f) * s + 2.75681539f) * s + 1.4234372777f) /
            ((0.12021132975f * s + 0.7370016425f) * s + 1.0f);
    } else {
        const float s = tail - 5.0f;
        x = (((0.017337203997f * s + 0.42868294337f) * s + 3.081226386f) * s + 6.657905115f) /
            ((0.012258202635f * s + 0.24197894225f) * s + 1.0f);
    }
    return q < 0.0f ? -x : x;
}

}  // namespace snnsim
