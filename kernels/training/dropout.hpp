// Dropout (Srivastava et al. 2014), the same at all steps of a sample: what is left out of a neuron
// that fires by a threshold would otherwise come back a step later.
#pragma once

#include "kernels/lanes.hpp"
#include "kernels/random.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// Body over (panel, sample, four lanes): the factor on what each neuron sends.
struct DrawKept {
    std::uint64_t seed;
    std::uint32_t update, population;
    std::uint32_t first;  // number in the update of the batch's first sample
    float dropout;
    float value;  // of a neuron that is kept
    BatchShape shape;
    float* kept;  // [panel][sample][panel_width]

    SNN_HD void operator()(std::size_t i) const {
        constexpr std::size_t fours = panel_width / 4;
        const std::size_t sample = i / fours % shape.batch, panel = i / fours / shape.batch;
        const RandomKey key{seed, Stream::dropout, update,
                            first + static_cast<std::uint32_t>(sample), population};
        const Philox4 random = key.draw(static_cast<std::uint32_t>(panel * fours + i % fours));
        for (std::uint32_t k = 0; k < 4; ++k)
            kept[4 * i + k] = uniform(random.select(k)) < dropout ? 0.0f : value;
    }
};

/// Body over the elements of a matrix of weights: `to` = factor * `from`, but for the bias.
struct ScaleRows {
    WeightPanels from;
    float* to;
    float factor;

    SNN_HD void operator()(std::size_t i) const {
        const bool bias = i / panel_width % from.rows == from.sources;
        to[i] = bias ? from.data[i] : factor * from.data[i];
    }
};

}  // namespace snnsim
