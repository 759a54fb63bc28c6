// The error of dendrites: a dendrite learns to send what goes with the error that its cell still
// has (Brenner & Itti 2025, arXiv 2501.18018; the measure is that of Fahlman & Lebiere 1989).
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/host_device.hpp"
#include "kernels/training/channels.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// Body over (sample, dendrite): the error of its cell, the sum over the steps of dL/d(input).
struct CellErrors {
    BatchShape shape;
    std::size_t size;
    ChannelOrder order;
    TracePanels cell_gradient;
    float* errors;  // [sample][dendrite]

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / size, n = i % size;
        const std::size_t column = order.plain() ? n : order.column_of_stored(n);
        const float* const at = cell_gradient.at(
            shape, {b, column / panel_width, static_cast<int>(column % panel_width)});
        float sum = 0.0f;
        for (std::size_t t = 0; t < shape.steps; ++t) sum = sum + at[t * panel_width];
        errors[i] = sum;
    }
};

/// Body over dendrites, one of each cell. D is the sum over the steps of what a dendrite sends in a
/// sample, e that of dL/d(input) of its cell; S = sum over samples (D - mean D) (e - mean e).
/// Writes dL/d(output) of the dendrite at each step: -dS/dD over the samples and the spread of e,
/// so that what descends the gradient climbs S, by steps that do not depend on the scale of e. The
/// authors climb |S|, whose sign changes from batch to batch while S is small; what the dendrite
/// says to its cell has a weight, which takes either sign.
struct CorrelationGradient {
    BatchShape shape;
    std::size_t size;
    ChannelOrder order;
    const float* errors;  // [sample][dendrite], see CellErrors
    std::size_t all;      // samples of them, of which those of the batch ...
    std::size_t first;    // ... are those from here on
    TracePanels gradient;

    SNN_HD void operator()(std::size_t n) const {
        const std::size_t column = order.plain() ? n : order.column_of_stored(n);
        const auto samples = static_cast<float>(all);
        float mean_e = 0.0f;
        for (std::size_t b = 0; b < all; ++b) mean_e = mean_e + error(b, n) / samples;
        float squares = 0.0f;
        for (std::size_t b = 0; b < all; ++b) {
            const float e = error(b, n) - mean_e;
            squares = squares + e * e;
        }
        const float spread = sqrtf(squares / samples);
        const float factor = spread > 0.0f ? -1.0f / (samples * spread) : 0.0f;
        for (std::size_t b = 0; b < shape.batch; ++b) {
            const float d = factor * (error(first + b, n) - mean_e);
            float* const to = gradient.at(
                shape, {b, column / panel_width, static_cast<int>(column % panel_width)});
            for (std::size_t t = 0; t < shape.steps; ++t) to[t * panel_width] = d;
        }
    }

  private:
    SNN_HD float error(std::size_t b, std::size_t n) const { return errors[b * size + n]; }
};

}  // namespace snnsim
