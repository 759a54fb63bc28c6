// Which cell lies where: every thread's block holds a share of each population, and every process
// the blocks of its threads.
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

/// The threads of all processes that share a network, and those of this one.
struct ThreadShare {
    int first = 0, count = 1, all = 1;

    ThreadShare(int threads) : count(threads), all(threads) {}  // of a process alone
    ThreadShare(int first, int count, int all) : first(first), count(count), all(all) {}
    bool whole() const { return count == all; }
};

struct PopulationLayout {
    std::uint32_t size = 0;
    std::uint32_t first_row = 0;  // its cells' number in the network: first_row + cell
    std::uint32_t receptors = 0;  // accumulators per cell
};

/// Where the accumulators of a panel of targets lie.
struct PanelPlace {
    std::uint16_t block = 0;   // as many as there are blocks: in another process
    std::uint16_t slot = 0;    // of the panel's first cell
    std::uint16_t stride = 0;  // from one receptor of a cell to its next, where there are several
};

struct Layout {
    std::vector<PopulationLayout> populations;
    std::vector<CellBlock> blocks;                // those of this process, one after the other
    std::vector<std::vector<PanelPlace>> panels;  // [population][panel]
    std::uint32_t rows = 0;                       // cells in all
    bool whole = true;                            // no cell lies in another process

    /// Blocks for the threads: as many, or the next multiple that keeps the accumulators of a
    /// block below 65,536.
    Layout(const SimulationSpec& spec, ThreadShare threads);

    bool here(std::size_t population, std::uint32_t cell) const {
        return panels[population][cell / cell_panel].block < blocks.size();
    }
    /// The cells of a population that lie in this process.
    std::uint32_t first_here(std::size_t population) const {
        return blocks.front().slices[population].first;
    }
    std::uint32_t count_here(std::size_t population) const {
        const Slice& last = blocks.back().slices[population];
        return last.first + last.count - first_here(population);
    }
};

}  // namespace snnsim
