// Which cell lies where: every thread's block holds a share of each population.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/receptors.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

inline constexpr std::uint32_t cell_panel = 16;  // cells that are stepped together

/// A range of a population's cells in a block; both ends but the population's last are multiples of
/// cell_panel.
struct Slice {
    std::uint32_t first = 0;  // in the population
    std::uint32_t count = 0;
    std::uint32_t local = 0;  // of its state in the block, a multiple of cell_panel
    std::uint32_t slot = 0;   // of its first accumulator in the block

    std::uint32_t padded() const { return (count + cell_panel - 1) / cell_panel * cell_panel; }
};

struct CellBlock {
    std::vector<Slice> slices;  // a population each
    std::uint32_t cells = 0;    // with padding
    std::uint32_t slots = 0;
};

struct PopulationLayout {
    std::uint32_t size = 0;
    std::uint32_t first_row = 0;  // its cells' number in the network: first_row + cell
    std::uint32_t receptors = 0;  // accumulators per cell
};

/// Where the accumulators of a panel of targets lie.
struct PanelPlace {
    std::uint16_t block = 0;
    std::uint16_t slot = 0;    // of the panel's first cell
    std::uint16_t stride = 0;  // from one receptor of a cell to its next, where there are several
};

struct Layout {
    std::vector<PopulationLayout> populations;
    std::vector<CellBlock> blocks;
    std::vector<std::vector<PanelPlace>> panels;  // [population][panel]
    std::uint32_t rows = 0;                       // cells in all

    /// Blocks for `threads` threads: as many, or the next multiple that keeps the accumulators of a
    /// block below 65,536.
    Layout(const SimulationSpec& spec, int threads);
};

}  // namespace snnsim
