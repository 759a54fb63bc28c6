// What an encoder provides: how one input value x in [0, 1] becomes a train of `steps` values.
//
//   name, Params, fields()   as for neuron models
//   help                     what it sends, for the reference of the model file
//   sends                    what it sends: Sends::spikes, signs (-1 or 1) or values (any float)
//   constant                 true when it sends the same value at every step
//   needs_rank               true when it reads Pixel::rank
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
    float x;  // intensity in [0, 1]; of `direct` any real number
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

}  // namespace snnsim
