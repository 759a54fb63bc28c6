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
    /// The history is not what it was.
    void forget();

  private:
    struct Segment {
        const PackedSynapse* first;
        std::uint32_t words;
        float value = 1.0f;  // of the spike
    };
    using Segments = std::vector<Segment>;
    /// A spike on its way to a block, and how much of its row has arrived there.
    template <class Index>
    struct Underway {
        const Index *next, *end;  // edges, or numbers of segments
        const PackedSynapse* row;
        std::uint32_t arrived;  // words
        std::uint32_t segment;  // that comes next
        float value;
    };
    /// Those of one population's cells, the oldest first: each step goes through them.
    struct SpikesUnderway {
        std::int64_t next = -1;  // the step that comes next; -1: none is listed
        std::size_t first = 0;   // before it, all have arrived
        std::vector<Underway<std::uint32_t>> by_edges;
        std::vector<Underway<std::uint16_t>> by_numbers;
    };
    struct alignas(64) Block {  // threads write their lists at the same time
        Segments due, due_wide;
        std::vector<SpikesUnderway> underway;  // by population
        std::unique_ptr<RowWriter> writer;
    };
    template <class F>
    static void for_each_fetched(const Segments& due, F&& f);
    void find_due(const FiredHistory& history, std::size_t b, std::int64_t t);
    /// Lists the spikes of a population that have `delay` steps more than the shortest behind them.
    void add_underway(const FiredHistory& history, std::size_t b, std::int64_t t, std::size_t p,
                      std::uint32_t delay);
    /// Adds to `due` what arrives of them next.
    template <class Index, class Arrive>
    static void step_underway(std::vector<Underway<Index>>& spikes, std::size_t& first,
                              Segments& due, Arrive&& arrive);
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
