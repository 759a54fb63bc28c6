// The rows of synapses in device memory.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/network/deliver.hpp"
#include "src/engine/device/due_spikes_on.hpp"
#include "src/engine/synapses/synapse_rows.hpp"

namespace snnsim {

template <class Steps>
class SynapsesOn {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// `events`: see SynapseArrays.
    SynapsesOn(const SynapseRows& rows, const Layout& layout, DueSpikesOn<Steps>& due,
               std::int64_t* events)
        : events_(events),
          due_(due),
          blocks_(static_cast<std::uint32_t>(layout.blocks.size())),
          row_start_(rows.row_start),
          segment_edge_(rows.segment_edge),
          synapses_(static_cast<std::size_t>(rows.words())) {
        synapses_.copy_from(rows.synapses.get(), rows.words());
        std::uint32_t slots = 0;
        for (const CellBlock& b : layout.blocks) {
            first_slot_.push_back(slots);
            slots += b.slots;
        }
        block_slot_ = Buffer<std::uint32_t>(first_slot_);
        accumulators_ = Buffer<std::int32_t>(slots);
        std::vector<DueSpikes> lists;
        std::uint64_t deliveries = 0;  // if each cell sent a spike
        for (std::size_t p = 0; p < layout.populations.size(); ++p) {
            const DelayRange delays = rows.delays[p];
            for (std::uint32_t k = 0; k < delays.count; ++k)
                lists.push_back({static_cast<std::uint32_t>(p), delays.first + k, k, delays.count,
                                 layout.populations[p].first_row, rows.first_edge[p],
                                 rows.edges_per_row(p), rows.words_per_synapse(p)});
            deliveries += std::uint64_t{layout.populations[p].size} * delays.count;
        }
        own_ = due_.add(lists);
        short_rows_ = rows.words() < most_of_few * deliveries;
    }

    std::size_t bytes() const {
        return row_start_.size() * 8 + segment_edge_.size() * 4 + synapses_.size() * 4 +
               accumulators_.size() * 4;
    }
    std::int64_t* events() const { return events_; }
    /// What arrives at the cells of a block.
    std::int32_t* accumulators(std::size_t block) {
        return accumulators_.data() + first_slot_[block];
    }

    /// Enqueues the delivery of what is due in the k-th step of a batch.
    void deliver(Steps& steps, const StepWindow* window, std::int64_t k) {
        if (own_.count == 0) return;
        const SynapseArrays arrays{
            row_start_.data(), segment_edge_.data(), synapses_.data(), block_slot_.data(),
            blocks_,           accumulators_.data(), events_};
        const DeliverDue body{{window, k, due_.of(own_)}, arrays};
        if (short_rows_) {
            steps.template share_out<Steps::few>(due_.teams(own_), body);
        } else {
            steps.template share_out<Steps::many>(due_.teams(own_), body);
        }
    }

  private:
    /// Synapses of one delivery that a few threads are quick enough with.
    static constexpr std::uint64_t most_of_few = 256;

    std::int64_t* events_;
    DueSpikesOn<Steps>& due_;
    bool short_rows_ = false;
    DuePartOn own_;
    std::uint32_t blocks_;
    std::vector<std::uint32_t> first_slot_;  // of each block
    Buffer<std::uint64_t> row_start_;
    Buffer<std::uint32_t> segment_edge_, block_slot_;
    Buffer<PackedSynapse> synapses_;
    Buffer<std::int32_t> accumulators_;
};

}  // namespace snnsim
