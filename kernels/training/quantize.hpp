// Values of neurons as whole numbers times a scale.
#pragma once

#include <cstddef>

#include "kernels/host_device.hpp"

namespace snnsim {

/// The grid of a population's values: k * step, -limit <= k <= limit.
struct ValueGrid {
    float step = 0.0f;  // 0: values stay as they are
    float limit = 0.0f;

    SNN_HD float round(float x) const {
        const float k = x / step;
        const float clipped = k > limit ? limit : k < -limit ? -limit : k;
        const int whole = static_cast<int>(clipped < 0.0f ? clipped - 0.5f : clipped + 0.5f);
        return static_cast<float>(whole) * step;
    }
};

/// Body over the values that a population sends.
struct QuantizeValues {
    ValueGrid grid;
    float* values;

    SNN_HD void operator()(std::size_t i) const { values[i] = grid.round(values[i]); }
};

/// Body over neurons: the largest absolute value that each has sent, over the batch.
struct LargestValue {
    const float* values;  // [sample][neuron][step]
    std::size_t batch, size, steps;
    float* largest;  // [neuron], kept where it is larger

    SNN_HD void operator()(std::size_t n) const {
        float most = largest[n];
        for (std::size_t b = 0; b < batch; ++b) {
            for (std::size_t t = 0; t < steps; ++t) {
                const float x = values[(b * size + n) * steps + t];
                const float size_of_x = x < 0.0f ? -x : x;
                most = size_of_x > most ? size_of_x : most;
            }
        }
        largest[n] = most;
    }
};

}  // namespace snnsim
