// All synapses of a network, a row a source, in 4 or 8 bytes each. Of several processes each holds
// those of its own targets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/synapses/packed.hpp"
#include "snnsim/engine.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/ranks/exchange.hpp"
#include "src/engine/synapses/dense.hpp"
#include "src/engine/synapses/huge_array.hpp"
#include "src/engine/synapses/row_writer.hpp"
#include "src/engine/synapses/stencil.hpp"
#include "src/engine/synapses/weight_plan.hpp"

namespace snnsim {

/// Row r holds the synapses of cell r, ordered by (block of the target, delay). A segment is the
/// part of one block and delay: due at one time, owned by one thread. Places are counted in words
/// of 4 bytes: one a synapse, or two in the rows of a wide population (see kernels/synapses).
///
/// A row has the edges of all segments that there could be. Where these are many for its synapses,
/// as on many ranks of many threads, each synapse has the number of its segment instead.
struct SynapseRows {
    struct Numbers {
        std::uint64_t first, first_word;  // of the population's first row
    };

    std::vector<DelayRange> delays;  // by population
    std::vector<std::uint8_t> wide;  // by population
    std::uint32_t blocks = 0;
    std::vector<std::uint64_t> row_start;     // [row], and the end of the last
    std::vector<std::uint64_t> first_edge;    // [population]: of its first row, in segment_edge
    std::vector<std::uint32_t> segment_edge;  // per row: blocks * delays + 1 offsets from row_start
    std::vector<std::uint8_t> numbered;       // by population: without edges; empty: none is
    std::vector<Numbers> numbers;             // by population, where any is
    std::vector<std::uint16_t> segment;       // of a numbered synapse: block * delays + delay
    HugeArray<PackedSynapse> synapses;

    std::uint64_t words() const { return row_start.empty() ? 0 : row_start.back(); }
    std::size_t bytes() const {
        return words() * sizeof(PackedSynapse) + row_start.size() * 8 + segment_edge.size() * 4 +
               segment.size() * 2;
    }
    std::uint32_t words_per_synapse(std::size_t population) const {
        return wide[population] ? words_per_wide : words_per_narrow;
    }
    /// Offsets of a cell's row: the edge of segment (block, delay) is at block * delays + delay.
    const std::uint32_t* edges(std::size_t population, std::uint32_t cell) const {
        return segment_edge.data() + first_edge[population] +
               static_cast<std::uint64_t>(cell) * edges_per_row(population);
    }
    std::uint32_t edges_per_row(std::size_t population) const {
        return blocks * delays[population].count + 1;
    }
    bool is_numbered(std::size_t population) const {
        return !numbered.empty() && numbered[population] != 0;
    }
    /// Of the synapses of a row of the network, whose population is numbered.
    std::span<const std::uint16_t> numbers_of(std::size_t population, std::uint64_t row) const {
        return {segment.data() + number_of(population, row_start[row]),
                (row_start[row + 1] - row_start[row]) / words_per_synapse(population)};
    }
    /// In `segment`, that of the synapse at a word.
    std::uint64_t number_of(std::size_t population, std::uint64_t word) const {
        const Numbers& n = numbers[population];
        return n.first + (word - n.first_word) / words_per_synapse(population);
    }
};

/// How rows know their segments: `smaller`, by what takes less memory.
enum class RowIndex : std::uint8_t { edges, smaller };

struct NumberedPlan {
    std::size_t projection;
    ProjectionPlan plan;
};

struct Synapses {
    SynapseRows rows;                         // see Storage
    std::vector<DenseProjection> dense;       // not in rows
    std::vector<StencilProjection> stencils;  // not in rows
    std::vector<ProjectionPlan> procedural;   // not in rows: see RowGenerator
    std::vector<NumberedPlan> plastic;        // not in rows: see PlasticNetwork
    WeightGrid grid;
    std::vector<std::uint64_t> counts;  // by projection
    std::vector<double> bytes;          // by projection, of each synapse
    std::vector<std::vector<std::uint32_t>>
        fan_out;  // [projection][source]: synapses, but for those of a file that weigh nothing
};

/// Draws every synapse of the network that is stored and does not change. The same network for any
/// layout, number of threads and storage. Ranks draw it together, each its part; what is counted
/// is of the whole network.
Synapses build_synapses(const SimulationSpec& spec, const Layout& layout, int threads,
                        Storage (*storage_of_machine)(const SynapsesSpec&) = storage_of,
                        Exchange& exchange = no_exchange(), RowIndex index = RowIndex::edges);

/// Fills in what a report says of synapses and of the grid of their weights.
void report_synapses(const Synapses& synapses, EngineReport& report);

}  // namespace snnsim
