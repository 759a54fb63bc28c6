// Errors of a population's own read-out (Kaiser et al. 2020).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/math/exp.hpp"
#include "kernels/math/fused.hpp"
#include "kernels/random.hpp"
#include "kernels/training/channels.hpp"
#include "kernels/training/sent.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// Body over (neuron, class): weights of a read-out, from U(-1, 1) / sqrt(neurons).
struct DrawReadout {
    static constexpr std::uint32_t variant = 3;  // of the keys of weights

    std::uint64_t seed;
    std::uint32_t population;
    std::size_t neurons, classes;
    float half_width;
    float* weights;  // [neuron][class]

    SNN_HD void operator()(std::size_t i) const {
        const RandomKey key{seed, Stream::weights, population,
                            static_cast<std::uint32_t>(i / classes), variant};
        const auto column = static_cast<std::uint32_t>(i % classes);
        const std::uint32_t word = key.draw(column / 4).select(column % 4);
        const float u = fused(static_cast<float>(word), 1.0f / 4294967296.0f, -0.5f);
        weights[i] = 2.0f * half_width * u;
    }
};

/// Body over (sample, step): dL/d(output) of the neurons, L the mean over the steps of the cross
/// entropy of y = sum over neurons of what they send times their weights.
struct LocalErrors {
    BatchShape shape;
    std::size_t neurons, classes;
    ChannelOrder order;
    RawOutput raw;
    const float* weights;  // [neuron][class], neurons as they are stored
    const std::int32_t* labels;
    const std::uint32_t* samples;
    std::size_t update;  // samples of the update
    float* scratch;      // [sample][step][class]
    TracePanels gradient;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / shape.steps, t = i % shape.steps;
        const auto label = static_cast<std::size_t>(labels[samples[b]]);
        float* const y = scratch + i * classes;
        for (std::size_t c = 0; c < classes; ++c) y[c] = 0.0f;
        for (std::size_t n = 0; n < neurons; ++n) {
            const float x = sent_at(raw, shape, b * neurons + n, t);
            if (x == 0.0f) continue;
            for (std::size_t c = 0; c < classes; ++c)
                y[c] = fused(x, weights[n * classes + c], y[c]);
        }
        float top = y[0], sum = 0.0f;
        for (std::size_t c = 1; c < classes; ++c) top = y[c] > top ? y[c] : top;
        for (std::size_t c = 0; c < classes; ++c) {
            y[c] = exact_exp(y[c] - top);
            sum = sum + y[c];
        }
        const float share = 1.0f / (static_cast<float>(update) * static_cast<float>(shape.total()));
        for (std::size_t c = 0; c < classes; ++c)
            y[c] = share * (y[c] / sum - (c == label ? 1.0f : 0.0f));
        for (std::size_t n = 0; n < neurons; ++n) {
            float d = 0.0f;
            for (std::size_t c = 0; c < classes; ++c) d = fused(y[c], weights[n * classes + c], d);
            const std::size_t column = order.plain() ? n : order.column_of_stored(n);
            gradient.at(shape, {b, column / panel_width,
                                static_cast<int>(column % panel_width)})[t * panel_width] = d;
        }
    }
};

}  // namespace snnsim
