// Brings spikes to the sums of the cells that they reach, through synapses that stay as they are.
#pragma once

#include <memory>
#include <vector>

#include "src/engine/cpu/fired_history.hpp"
#include "src/engine/synapses/generated_rows.hpp"
#include "src/engine/synapses/synapse_rows.hpp"

namespace snnsim {

/// Each block's part may be called by a thread of its own.
class Delivery {
  public:
    /// Takes what is static of `synapses`.
    Delivery(const Layout& layout, Synapses& synapses);

    void add_delays(DelayReach& reach) const;
    std::size_t bytes() const;
    /// Before the first step.
    void start(const FiredHistory& history);

    /// Adds what arrives in step t to the block's sums.
    void deliver(const FiredHistory& history, std::size_t block, std::int64_t t,
                 std::int32_t* sums);
    /// Synapses that the block's last deliver(), that of step t, went through.
    std::uint64_t events(const FiredHistory& history, std::size_t block, std::int64_t t) const;
    /// After step t of a block, when it is known which of its cells fired: draws their rows. The
    /// cells of other processes come as a block of their own.
    void draw_rows(const FiredHistory& history, std::size_t block, std::int64_t t);

  private:
    struct Segment {
        const PackedSynapse* first;
        std::uint32_t words;
        float value = 1.0f;  // of the spike
    };
    using Segments = std::vector<Segment>;
    struct alignas(64) Block {  // threads write their lists at the same time
        Segments due, due_wide;
        std::unique_ptr<RowWriter> writer;
    };
    template <class F>
    static void for_each_fetched(const Segments& due, F&& f);
    void find_due(const FiredHistory& history, std::size_t b, std::int64_t t);
    void find_drawn(const FiredHistory& history, std::size_t b, std::int64_t t, std::size_t p,
                    Segments& due) const;

    const Layout& layout_;
    SynapseRows rows_;
    std::vector<DenseProjection> dense_;
    std::vector<StencilProjection> stencils_;
    RowGenerator generator_;
    std::vector<Block> blocks_;         // the last draws rows of cells of other processes
    std::vector<GeneratedRows> drawn_;  // by place; empty where nothing is procedural
};

}  // namespace snnsim
