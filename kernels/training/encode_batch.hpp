// Turns the samples of a batch into the input population's output.
#pragma once

#include "kernels/encoders/all.hpp"
#include "kernels/training/events.hpp"

namespace snnsim {

/// The samples of a batch, and where their numbers come from.
struct BatchSamples {
    const std::uint8_t* pixels = nullptr;    // of the whole set: [sample][input]
    const std::uint32_t* samples = nullptr;  // of the batch: index into the set
    std::size_t inputs = 0;
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;
    bool test = false;
    const float* values = nullptr;  // real numbers of the whole set, in place of pixels

    SNN_HD float value(std::size_t sample, std::size_t input) const {
        const std::size_t at = sample * inputs + input;
        return values ? values[at] : static_cast<float>(pixels[at]) / 255.0f;
    }
};

/// Body over samples, for encoders that need the rank of an input within its sample.
struct RankInputs {
    BatchSamples batch;
    std::uint32_t* rank;    // [sample][input]
    std::uint32_t* active;  // [sample]

    SNN_HD void operator()(std::size_t b) const {
        active[b] = rank_pixels(batch.pixels + batch.samples[b] * batch.inputs, batch.inputs,
                                rank + b * batch.inputs);
    }
};

/// Body over (sample, input).
template <class Encoder>
struct EncodeInputs {
    BatchShape shape;
    BatchSamples batch;
    typename Encoder::Constants constants;
    RawOutput raw;
    const std::uint32_t* rank;  // null where the encoder does not use it
    const std::uint32_t* active;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / batch.inputs, input = i % batch.inputs;
        const std::uint32_t sample = batch.samples[b];
        const Pixel pixel{batch.value(sample, input), rank ? rank[i] : 0u, active ? active[b] : 0u};
        const RandomKey key = encoding_key(batch.seed, batch.epoch, sample, batch.test,
                                           static_cast<std::uint32_t>(input));
        if (raw.bits) {
            std::uint32_t* bits = raw.bits + i * shape.words();
            for (std::size_t w = 0; w < shape.words(); ++w) bits[w] = 0;
            Encoder::encode(constants, key, pixel, static_cast<int>(shape.steps),
                            [bits](int t, float) { bits[t / 32] |= 1u << (t % 32); });
        } else {
            float* values = raw.values + i * shape.steps;
            for (std::size_t t = 0; t < shape.steps; ++t) values[t] = 0.0f;
            Encoder::encode(constants, key, pixel, static_cast<int>(shape.steps),
                            [values](int t, float x) { values[t] = x; });
        }
    }
};

}  // namespace snnsim
