// Turns the samples of a batch into the input population's output.
#pragma once

#include "kernels/encoders/all.hpp"
#include "kernels/training/augment.hpp"
#include "kernels/training/channels.hpp"
#include "kernels/training/events.hpp"

namespace snnsim {

/// What an input is shown of the samples of a batch, and where the numbers come from: pixels,
/// values or trains.
struct BatchSamples {
    const std::uint8_t* pixels = nullptr;    // [row][input], or [row][step][input]
    const std::uint32_t* samples = nullptr;  // of the batch: number in the set, which is the row
    std::size_t inputs = 0;
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;
    bool test = false;
    const float* values = nullptr;         // [row][input], or [row][step][input]
    const std::uint64_t* first = nullptr;  // [row + 1] index into `at`
    const std::uint32_t* at = nullptr;     // input * steps + step, ascending
    bool gathered = false;                 // rows are those of the batch alone, in its order
    std::uint32_t first_input = 0;         // of this population among those of all inputs
    ChannelOrder order = {};               // of the population; none given: as the samples
    Augmentation augment = {};             // of a training

    SNN_HD std::size_t row(std::size_t b) const { return gathered ? b : samples[b]; }
    SNN_HD float number(std::size_t place) const {
        return values ? values[place] : static_cast<float>(pixels[place]) / 255.0f;
    }
    /// Where the output of an input of the batch's sample b is stored.
    SNN_HD std::size_t stored(std::size_t b, std::size_t input) const {
        return b * inputs + (order.places > 1 ? order.stored(input) : input);
    }
    SNN_HD RandomKey augmentation_key(std::size_t b) const {
        return snnsim::augmentation_key(seed, epoch, samples[b], first_input);
    }
    /// The input that this one is shown of the sample; below 0: nothing.
    SNN_HD std::int64_t source(std::size_t b, std::size_t input) const {
        if (!augment.on) return static_cast<std::int64_t>(input);
        return MovedSample::draw(augment, augmentation_key(b)).source(input);
    }
};

/// Body over samples, for encoders that need the rank of an input within its sample.
struct RankInputs {
    BatchSamples batch;
    std::uint32_t* rank;    // [sample][input]
    std::uint32_t* active;  // [sample]

    SNN_HD void operator()(std::size_t b) const {
        const std::size_t first = batch.row(b) * batch.inputs;
        std::uint32_t* to = rank + b * batch.inputs;
        active[b] = batch.values ? rank_values(batch.values + first, batch.inputs, to)
                                 : rank_pixels(batch.pixels + first, batch.inputs, to);
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
        const std::int64_t from = batch.source(b, input);
        const bool seen = from >= 0;
        const std::size_t place = seen ? static_cast<std::size_t>(from) : 0;
        const Pixel pixel{seen ? batch.number(batch.row(b) * batch.inputs + place) : 0.0f,
                          rank ? rank[b * batch.inputs + place] : 0u, active ? active[b] : 0u};
        const RandomKey key = encoding_key(batch.seed, batch.epoch, sample, batch.test,
                                           batch.first_input + static_cast<std::uint32_t>(input));
        if (raw.bits) {
            std::uint32_t* bits = raw.bits + batch.stored(b, input) * shape.words();
            for (std::size_t w = 0; w < shape.words(); ++w) bits[w] = 0;
            encode(key, pixel, [bits](std::size_t t, float) { bits[t / 32] |= 1u << (t % 32); });
        } else {
            float* values = raw.values + batch.stored(b, input) * shape.steps;
            for (std::size_t t = 0; t < shape.steps; ++t) values[t] = 0.0f;
            encode(key, pixel, [values](std::size_t t, float x) { values[t] = x; });
        }
    }

  private:
    /// Calls emit(step from the first of the batch, value) for what falls into its steps.
    template <class Emit>
    SNN_HD void encode(const RandomKey& key, const Pixel& pixel, Emit&& emit) const {
        const int first = static_cast<int>(shape.first), steps = static_cast<int>(shape.steps);
        const auto inside = [&](int t, float x) {
            if (t >= first && t - first < steps) emit(static_cast<std::size_t>(t - first), x);
        };
        if constexpr (requires { Encoder::encode_part(constants, key, pixel, 0, 1, inside); }) {
            Encoder::encode_part(constants, key, pixel, first, first + steps, inside);
        } else {
            Encoder::encode(constants, key, pixel, static_cast<int>(shape.total()), inside);
        }
    }
};

/// Body over (sample, input), for samples that are in steps already.
struct ShowSteps {
    BatchShape shape;
    BatchSamples batch;
    RawOutput raw;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / batch.inputs, input = i % batch.inputs;
        const std::size_t to = batch.stored(b, input);
        std::uint32_t* const bits = raw.bits ? raw.bits + to * shape.words() : nullptr;
        float* const values = raw.values ? raw.values + to * shape.steps : nullptr;
        const std::int64_t from = batch.source(b, input);
        if (from >= 0 && (batch.values || batch.pixels)) {
            const std::size_t first = (batch.row(b) * shape.total() + shape.first) * batch.inputs +
                                      static_cast<std::size_t>(from);
            for (std::size_t t = 0; t < shape.steps; ++t)
                values[t] = batch.number(first + t * batch.inputs);
            return;
        }
        if (bits) {
            for (std::size_t w = 0; w < shape.words(); ++w) bits[w] = 0;
        } else {
            for (std::size_t t = 0; t < shape.steps; ++t) values[t] = 0.0f;
        }
        if (from < 0) return;
        const bool drops = batch.augment.on && batch.augment.drop > 0.0f;
        const std::size_t begin = static_cast<std::size_t>(from) * shape.total() + shape.first,
                          end = begin + shape.steps;
        const std::uint64_t sample = batch.first[batch.row(b)],
                            last = batch.first[batch.row(b) + 1];
        for (std::uint64_t k = find(b, begin); k < last && batch.at[k] < end; ++k) {
            if (drops && is_dropped(batch.augment, batch.augmentation_key(b), k - sample)) continue;
            const std::size_t t = batch.at[k] - begin;
            if (bits) {
                bits[t / 32] |= 1u << (t % 32);
            } else {
                values[t] += 1.0f;
            }
        }
    }

  private:
    /// Index of the sample's first spike that is not before `place`.
    SNN_HD std::uint64_t find(std::size_t b, std::size_t place) const {
        std::uint64_t low = batch.first[batch.row(b)], high = batch.first[batch.row(b) + 1];
        while (low < high) {
            const std::uint64_t middle = low + (high - low) / 2;
            if (batch.at[middle] < place) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
};

}  // namespace snnsim
