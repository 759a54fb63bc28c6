// Adds the weights of the synapses that are due to their targets' accumulators.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/network/window.hpp"
#include "kernels/synapses/packed.hpp"

namespace snnsim {

/// Adds to a sum that other threads of the device add to as well. Integers: the order is the same
/// to them.
SNN_HD inline void add_shared(std::int32_t* sum, std::int32_t x) {
#ifdef __CUDA_ARCH__
    atomicAdd(sum, x);
#else
    *sum += x;
#endif
}
SNN_HD inline void add_shared(std::int64_t* sum, std::int64_t x) {
#ifdef __CUDA_ARCH__
    atomicAdd(reinterpret_cast<unsigned long long*>(sum), static_cast<unsigned long long>(x));
#else
    *sum += x;
#endif
}

/// The spikes of one population that are due after one delay.
struct DueSpikes {
    std::uint32_t population = 0;
    std::uint32_t delay = 1;       // steps
    std::uint32_t segment = 0;     // of the delay in a row's part of each block
    std::uint32_t delays = 1;      // segments of a block
    std::uint32_t first_row = 0;   // of the population
    std::uint64_t first_edge = 0;  // see SynapseRows
    std::uint32_t edges_per_row = 0;
    std::uint32_t words = words_per_narrow;  // of a synapse
};

/// Rows of synapses in device memory; see SynapseRows.
struct SynapseArrays {
    const std::uint64_t* row_start;
    const std::uint32_t* segment_edge;
    const PackedSynapse* synapses;
    const std::uint32_t* block_slot;  // where the accumulators of each block begin
    std::uint32_t blocks;
    std::int32_t* accumulators;
    std::int64_t* events;  // counts the synapses that spikes reach; null: nobody asks
};

/// Body over `teams` teams for each of the due lists; the threads of a team share the synapses of a
/// row.
struct DeliverDue {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    SynapseArrays at;
    const DueSpikes* due;
    std::uint32_t teams;

    SNN_HD void operator()(std::size_t i, std::uint32_t lane, std::uint32_t lanes) const {
        const DueSpikes d = due[i / teams];
        const std::int64_t sent = window->now + k - d.delay;
        if (sent < 0) return;
        const std::uint32_t* const begin = window->begins(sent) + d.population;
        for (std::uint32_t s = begin[0] + i % teams; s < begin[1]; s += teams)
            deliver(d, window->spikes[s], window->values ? window->values[s] : 1.0f, lane, lanes);
    }

  private:
    SNN_HD void deliver(const DueSpikes& d, std::uint32_t row, float value, std::uint32_t lane,
                        std::uint32_t lanes) const {
        const std::uint32_t* const edge =
            at.segment_edge + d.first_edge +
            static_cast<std::uint64_t>(row - d.first_row) * d.edges_per_row + d.segment;
        const PackedSynapse* const synapses = at.synapses + at.row_start[row];
        for (std::uint32_t b = 0; b < at.blocks; ++b) {
            std::int32_t* const sum = at.accumulators + at.block_slot[b];
            const std::uint32_t first = edge[b * d.delays], last = edge[b * d.delays + 1];
            if (at.events && lane == 0) add_shared(at.events, (last - first) / d.words);
            for (std::uint32_t j = first + lane * d.words; j < last; j += lanes * d.words) {
                if (d.words == words_per_narrow) {
                    add_shared(sum + slot_of(synapses[j]),
                               graded_weight(weight_of(synapses[j]), value));
                } else {
                    add_shared(sum + synapses[j],
                               graded_weight(static_cast<std::int32_t>(synapses[j + 1]), value));
                }
            }
        }
    }
};

}  // namespace snnsim
