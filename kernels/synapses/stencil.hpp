// Synapses that are the same for all cells of a grid but for where they begin: offsets, no targets.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"

namespace snnsim {

/// A grid in the order of its numbers: the coordinate that changes slowest comes first.
struct StencilGrid {
    std::uint32_t size[3] = {1, 1, 1};
    bool periodic = false;

    SNN_HD void place(std::uint32_t cell, std::uint32_t (&at)[3]) const {
        const std::uint32_t plane = size[1] * size[2];
        at[0] = cell / plane;
        const std::uint32_t rest = cell - at[0] * plane;
        at[1] = rest / size[2];
        at[2] = rest - at[1] * size[2];
    }
};

struct StencilOffset {
    std::int32_t fields[3];  // in the order of the grid's sizes
    std::int32_t shift;      // of the number of a cell, where no border lies between
    std::int32_t weight;
};

/// The cell at an offset from `at`; false: there is none.
SNN_HD inline bool stencil_target(const StencilGrid& grid, const std::uint32_t (&at)[3],
                                  const StencilOffset& o, std::uint32_t& target) {
    target = 0;
    for (int k = 0; k < 3; ++k) {
        const auto size = static_cast<std::int32_t>(grid.size[k]);
        std::int32_t place = static_cast<std::int32_t>(at[k]) + o.fields[k];
        if (place < 0 || place >= size) {
            if (!grid.periodic) return false;
            place += place < 0 ? size : -size;
        }
        target = target * grid.size[k] + static_cast<std::uint32_t>(place);
    }
    return true;
}

}  // namespace snnsim
