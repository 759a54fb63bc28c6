// The synapses of a row: which sum they add to, and what.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/host_device.hpp"

namespace snnsim {

/// A word of a row. In narrow rows a synapse is one word: the target's slot in its block (low half)
/// and the weight in units of the target's grid (high half). In wide rows it is two: slot, weight.
using PackedSynapse = std::uint32_t;

inline constexpr std::uint32_t words_per_narrow = 1, words_per_wide = 2;

SNN_HD inline PackedSynapse pack(std::uint16_t slot, std::int16_t weight) {
    return slot | static_cast<std::uint32_t>(static_cast<std::uint16_t>(weight)) << 16;
}
SNN_HD inline std::uint32_t slot_of(PackedSynapse narrow) {
    return narrow & 0xFFFFu;
}
SNN_HD inline std::int32_t weight_of(PackedSynapse narrow) {
    return static_cast<std::int32_t>(narrow) >> 16;
}

/// What a spike of `value` brings through a synapse: weight times value, to the nearest unit of the
/// weight's grid. The grid is chosen such that neither this nor a sum of them overflows.
SNN_HD inline std::int32_t graded_weight(std::int32_t weight, float value) {
    if (value == 1.0f) return weight;  // however many digits it has
    return static_cast<std::int32_t>(floorf(static_cast<float>(weight) * value + 0.5f));
}

/// Adds the synapses of a segment of `words` words for a spike of `value`.
SNN_HD inline void add_narrow(const PackedSynapse* segment, std::uint32_t words, float value,
                              std::int32_t* sums) {
    if (value == 1.0f) {
        for (std::uint32_t k = 0; k < words; ++k)
            sums[slot_of(segment[k])] += weight_of(segment[k]);
        return;
    }
    for (std::uint32_t k = 0; k < words; ++k)
        sums[slot_of(segment[k])] += graded_weight(weight_of(segment[k]), value);
}
SNN_HD inline void add_wide(const PackedSynapse* segment, std::uint32_t words, float value,
                            std::int32_t* sums) {
    for (std::uint32_t k = 0; k < words; k += words_per_wide)
        sums[segment[k]] += graded_weight(static_cast<std::int32_t>(segment[k + 1]), value);
}

}  // namespace snnsim
