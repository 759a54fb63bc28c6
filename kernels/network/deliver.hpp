// Adds the weights of the synapses that are due to their targets' accumulators.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/network/due_spikes.hpp"
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

/// Body over what is due, for teams; the threads of a team share the synapses of a row.
struct DeliverDue {
    DueInStep in;
    SynapseArrays at;

    SNN_HD std::uint32_t count() const { return in.count(); }
    template <class Team>
    SNN_HD void operator()(std::uint32_t n, const Team& team) const {
        const std::uint32_t list = team.same([&] { return in.list_of(n); });
        const std::uint32_t s = in.spike(n, list);
        const StepWindow& window = *in.window;
        deliver(in.due.lists[list], window.spikes[s], window.values ? window.values[s] : 1.0f,
                team);
    }

  private:
    template <class Team>
    SNN_HD void deliver(const DueSpikes d, std::uint32_t row, float value, const Team& team) const {
        const std::uint32_t* const edge =
            at.segment_edge + d.first_edge +
            static_cast<std::uint64_t>(row - d.first_row) * d.edges_per_row + d.segment;
        const PackedSynapse* const synapses = at.synapses + at.row_start[row];
        const bool plain = d.words == words_per_narrow && value == 1.0f;
        for (std::uint32_t b = 0; b < at.blocks; ++b) {
            std::int32_t* const sums = at.accumulators + at.block_slot[b];
            const std::uint32_t first = edge[b * d.delays], last = edge[b * d.delays + 1];
            if (at.events && team.lane == 0) add_shared(at.events, (last - first) / d.words);
            const PackedSynapse* const end = synapses + last;
            const PackedSynapse* own = synapses + first + team.lane * d.words;
            if (plain) {
                for (; own < end; own += team.lanes)
                    add_shared(sums + slot_of(*own), weight_of(*own));
            } else {
                for (; own < end; own += team.lanes * d.words) add(own, d.words, value, sums);
            }
        }
    }
    SNN_HD static void add(const PackedSynapse* synapse, std::uint32_t words, float value,
                           std::int32_t* sums) {
        if (words == words_per_narrow) {
            add_shared(sums + slot_of(*synapse), graded_weight(weight_of(*synapse), value));
        } else {
            add_shared(sums + synapse[0],
                       graded_weight(static_cast<std::int32_t>(synapse[1]), value));
        }
    }
};

}  // namespace snnsim
