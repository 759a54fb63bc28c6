// All synapses of a network, a row a source, in 4 bytes each.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "src/engine/layout.hpp"

namespace snnsim {

/// Target slot in its block (low half) and weight in units of the target's grid (high half).
using PackedSynapse = std::uint32_t;

inline PackedSynapse pack(std::uint16_t slot, std::int16_t weight) {
    return slot | static_cast<std::uint32_t>(static_cast<std::uint16_t>(weight)) << 16;
}

/// The delays, in steps, that a population's synapses may have: first, first + 1, ..., first +
/// count - 1.
struct DelayRange {
    std::uint32_t first = 1, count = 0;
};

/// Row r holds the synapses of cell r, ordered by (block of the target, delay). A segment is the
/// part of one block and delay: due at one time, owned by one thread.
struct SynapseRows {
    std::vector<DelayRange> delays;  // by population
    std::uint32_t blocks = 0;
    std::vector<std::uint64_t> row_start;     // [row], and the end of the last
    std::vector<std::uint64_t> first_edge;    // [population]: of its first row, in segment_edge
    std::vector<std::uint32_t> segment_edge;  // per row: blocks * delays + 1 offsets from row_start
    std::unique_ptr<PackedSynapse[]> synapses;

    std::uint64_t size() const { return row_start.empty() ? 0 : row_start.back(); }
    std::size_t bytes() const {
        return size() * sizeof(PackedSynapse) + row_start.size() * 8 + segment_edge.size() * 4;
    }
    /// Offsets of a cell's row: the edge of segment (block, delay) is at block * delays + delay.
    const std::uint32_t* edges(std::size_t population, std::uint32_t cell) const {
        return segment_edge.data() + first_edge[population] +
               static_cast<std::uint64_t>(cell) * edges_per_row(population);
    }
    std::uint32_t edges_per_row(std::size_t population) const {
        return blocks * delays[population].count + 1;
    }
};

/// The grids of a network's weights: [population][receptor] units per unit of weight, a power of
/// two such that neither a weight nor a sum of arriving weights can overflow.
struct WeightGrid {
    std::vector<std::vector<double>> scale;

    std::int32_t on_grid(std::size_t population, std::size_t receptor, double weight) const;
};

struct Synapses {
    SynapseRows rows;
    WeightGrid grid;
    std::vector<std::uint64_t> counts;  // by projection
};

/// Draws every synapse of the network. The same network for any layout and number of threads.
Synapses build_synapses(const SimulationSpec& spec, const Layout& layout, int threads);

}  // namespace snnsim
