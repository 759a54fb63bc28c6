// What an encoder provides: how one input value x in [0, 1] becomes a train of `steps` values.
//
//   name, Params, fields()   as for neuron models
//   help                     what it sends, for the reference of the model file
//   sends                    what it sends: Sends::spikes, signs (-1 or 1) or values (any float)
//   constant                 true when it sends the same value at every step
//   needs_rank               true when it reads Pixel::rank
//   any_value                true when x may be any real number; absent: only one in [0, 1]
//   over_steps               true when a sample has other values at each step: it has no encode
//   Constants, prepare(params, dt, steps)
//   encode(constants, key, pixel, steps, emit)   calls emit(t, value), t ascending, for each
//   non-zero value.
//       Random numbers come from `key` alone: see encoding_key.
#pragma once

#include <cstdint>

#include "kernels/fields.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/bits.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/fused.hpp"
#include "kernels/random.hpp"

namespace snnsim {

enum class Sends : std::uint8_t { spikes, signs, values };

/// A time in steps that falls onto the end of one belongs to the step after it, although x and its
/// products are rounded: this share of the largest time is forgiven. Neighbouring intensities of 8
/// bits are 1/255 apart, so nothing else changes (in up to 10,000 steps).
inline constexpr float rounding_share = 3e-7f;

/// One input of one sample.
struct Pixel {
    float x;  // intensity in [0, 1]; of an encoder with any_value any real number
    std::uint32_t
        rank;  // how many inputs of the sample come before it: by intensity descending, then index
    std::uint32_t active;  // how many inputs of the sample are non-zero
};

/// The random numbers of one input in one presentation: the same on any machine, in any batch. Each
/// pass over the training set (`epoch`) has its own; the test set has one.
SNN_HD inline RandomKey encoding_key(std::uint64_t seed, std::uint32_t epoch, std::uint32_t sample,
                                     bool test, std::uint32_t input) {
    return {seed, test ? Stream::encode_test : Stream::encode_train, sample, input, epoch};
}

/// Ranks of the inputs of one sample (see Pixel); zero inputs get no meaningful rank. Returns how
/// many are not zero.
SNN_HD inline std::uint32_t rank_pixels(const std::uint8_t* pixels, std::size_t inputs,
                                        std::uint32_t* rank) {
    std::uint32_t next[256] =
        {};  // first the count of a value, then the rank of the next input that has it
    for (std::size_t i = 0; i < inputs; ++i) ++next[pixels[i]];
    std::uint32_t before = 0;
    for (int value = 255; value >= 0; --value) {
        const std::uint32_t count = next[value];
        next[value] = before;
        before += count;
    }
    const std::uint32_t active = next[0];
    for (std::size_t i = 0; i < inputs; ++i) rank[i] = next[pixels[i]]++;
    return active;
}

/// The same of real numbers, none of them negative, without room for more than the ranks: a heap
/// sort of the inputs, which is then turned round in place.
SNN_HD inline std::uint32_t rank_values(const float* values, std::size_t inputs,
                                        std::uint32_t* rank) {
    const auto count = static_cast<std::uint32_t>(inputs);
    std::uint32_t active = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        rank[i] = i;
        active += values[i] != 0.0f ? 1u : 0u;
    }
    const auto before = [values](std::uint32_t a, std::uint32_t b) {
        return values[a] > values[b] || (values[a] == values[b] && a < b);
    };
    const auto sift = [&](std::uint32_t root, std::uint32_t end) {
        for (std::uint32_t child = 2 * root + 1; child < end; child = 2 * root + 1) {
            if (child + 1 < end && before(rank[child], rank[child + 1])) ++child;
            if (!before(rank[root], rank[child])) return;
            const std::uint32_t moved = rank[root];
            rank[root] = rank[child];
            rank[child] = moved;
            root = child;
        }
    };
    for (std::uint32_t k = count / 2; k-- > 0;) sift(k, count);
    for (std::uint32_t end = count; end-- > 1;) {
        const std::uint32_t last = rank[0];
        rank[0] = rank[end];
        rank[end] = last;
        sift(0, end);
    }
    // rank[place] is an input; wanted is the place of each input. Along the cycles, marked when
    // done.
    constexpr std::uint32_t done = 1u << 31;
    for (std::uint32_t start = 0; start < count; ++start) {
        std::uint32_t place = start, input = rank[start];
        while (!(input & done)) {
            const std::uint32_t next = rank[input];
            rank[input] = place | done;
            place = input;
            input = next;
        }
    }
    for (std::uint32_t i = 0; i < count; ++i) rank[i] &= ~done;
    return active;
}

/// Whether an encoder takes any real number.
template <class Encoder>
constexpr bool takes_any_value = requires {
    requires Encoder::any_value;
};

/// Whether an encoder shows each step another part of a sample.
template <class Encoder>
constexpr bool shows_over_steps = requires {
    requires Encoder::over_steps;
};

}  // namespace snnsim
