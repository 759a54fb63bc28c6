// Where the sums of a projection's targets lie, for synapses that name targets by their numbers.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"

namespace snnsim {

/// Where the accumulators of a panel of targets lie, in all of the network's.
struct PanelOnDevice {
    std::uint32_t slot, stride;  // from one receptor of a cell to its next

    static constexpr std::uint32_t elsewhere = ~std::uint32_t{0};  // a slot: of another process
};

struct TargetSums {
    const PanelOnDevice* panels;
    std::uint32_t cells_of_panel;
    std::int32_t* accumulators;

    /// Of a target in a population whose panels begin at `first_panel`. Null: another process has
    /// it.
    SNN_HD std::int32_t* of(std::uint32_t first_panel, std::uint32_t target,
                            std::uint32_t receptor) const {
        const PanelOnDevice panel = panels[first_panel + target / cells_of_panel];
        if (panel.slot == PanelOnDevice::elsewhere) return nullptr;
        return accumulators + panel.slot + target % cells_of_panel + receptor * panel.stride;
    }
};

}  // namespace snnsim
