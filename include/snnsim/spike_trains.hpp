// Spikes of many cells in steps.
#pragma once

#include <cstdint>
#include <vector>

namespace snnsim {

/// The spikes of one population in a stretch of time.
struct SpikeTrains {
    std::vector<std::uint32_t> step;  // 0 ... steps - 1, ascending
    std::vector<std::uint32_t> cell;  // 0 ... cells - 1, of each spike
    std::uint32_t steps = 0;
    std::uint32_t cells = 0;
};

}  // namespace snnsim
