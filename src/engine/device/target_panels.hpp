// Where the sums of targets lie in device memory, for what names them by their numbers.
#pragma once

#include <vector>

#include "kernels/network/panel.hpp"
#include "src/engine/layout.hpp"

namespace snnsim {

/// Panels of populations behind each other.
class TargetPanels {
  public:
    explicit TargetPanels(const Layout& layout) : layout_(layout) {
        std::uint32_t slots = 0;
        for (const CellBlock& b : layout.blocks) {
            first_slot_.push_back(slots);
            slots += b.slots;
        }
    }
    /// Adds a population's; the number of its first.
    std::uint32_t add(std::size_t population) {
        const auto first = static_cast<std::uint32_t>(panels_.size());
        for (const PanelPlace& place : layout_.panels[population])
            panels_.push_back({place.block < first_slot_.size()
                                   ? first_slot_[place.block] + place.slot
                                   : PanelOnDevice::elsewhere,
                               place.stride});
        return first;
    }
    const std::vector<PanelOnDevice>& all() const { return panels_; }

  private:
    const Layout& layout_;
    std::vector<std::uint32_t> first_slot_;
    std::vector<PanelOnDevice> panels_;
};

}  // namespace snnsim
