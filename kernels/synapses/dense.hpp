// Synapses to all cells of a slice of targets, which lie side by side.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/synapses/packed.hpp"

namespace snnsim {

/// Adds the same to all.
SNN_HD inline void add_same(std::int32_t weight, std::uint32_t count, std::int32_t* sums) {
    SNN_LANES for (std::uint32_t i = 0; i < count; ++i) {
        sums[i] += weight;
    }
}

/// Adds what a spike of `value` brings to each; where it is negative to `second`, which may be
/// `first`.
template <class Weight>
SNN_HD inline void add_each(const Weight* weights, float value, std::uint32_t count,
                            std::int32_t* first, std::int32_t* second) {
    if (value == 1.0f && first == second) {
        SNN_LANES for (std::uint32_t i = 0; i < count; ++i) {
            first[i] += static_cast<std::int32_t>(weights[i]);
        }
        return;
    }
    SNN_LANES for (std::uint32_t i = 0; i < count; ++i) {
        const auto weight = static_cast<std::int32_t>(weights[i]);
        const std::int32_t brought = graded_weight(weight, value);
        first[i] += weight < 0 ? 0 : brought;
        second[i] += weight < 0 ? brought : 0;
    }
}

}  // namespace snnsim
