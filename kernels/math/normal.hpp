// The normal distribution's quantile, in arithmetic that every machine does alike.
#pragma once

#include <cmath>

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// The value below which a share u, 0 < u < 1, of the standard normal distribution lies, to about 7
/// digits: Wichura's PPND7 (Algorithm AS 241, 1988).
///
/// Its three rational functions in one, whose coefficients are chosen: without branches, so that
/// loops become vector instructions.
SNN_HD inline float normal_quantile(float u) {
    const float q = u - 0.5f;
    const float r = 0.180625f - q * q;
    const bool middle = r >= 0.0f;  // |q| <= 0.425
    const float share = q < 0.0f ? u : 1.0f - u;
    const float tail = sqrtf(-exact_log(middle ? 0.5f : share));
    const bool far = tail > 5.0f;
    const auto of = [&](float in_middle, float in_tail, float beyond) {
        return middle ? in_middle : far ? beyond : in_tail;
    };
    const float x = middle ? r : tail - (far ? 5.0f : 1.6f);
    float above = of(59.10937472f, 0.17023821103f, 0.017337203997f);
    above = above * x + of(159.29113202f, 1.3067284816f, 0.42868294337f);
    above = above * x + of(50.434271938f, 2.75681539f, 3.081226386f);
    above = above * x + of(3.3871327179f, 1.4234372777f, 6.657905115f);
    float below = of(67.1875636f, 0.0f, 0.0f);
    below = below * x + of(78.757757664f, 0.12021132975f, 0.012258202635f);
    below = below * x + of(17.895169469f, 0.7370016425f, 0.24197894225f);
    below = below * x + 1.0f;
    const float side = q < 0.0f ? -1.0f : 1.0f;
    return (middle ? q : side) * above / below;
}

}  // namespace snnsim
