// Brings the spikes of each rank's cells to all others.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/simulation_spec.hpp"
#include "src/engine/cpu/fired_history.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// In the history a step has a place for each block of this rank, and behind those, at elsewhere(),
/// one for the cells of all other ranks.
class SpikeExchange {
  public:
    SpikeExchange(const SimulationSpec& spec, const Layout& layout, Exchange& exchange);

    std::size_t elsewhere() const { return blocks_; }
    /// Steps from `from` to `to` - 1 of the blocks are done: fetches those of the other ranks.
    /// `trouble`: a step; returns the least of what the ranks give.
    std::int64_t go_round(FiredHistory& history, std::int64_t from, std::int64_t to,
                          std::int64_t trouble);

  private:
    /// Cells of a population that fired in a step, in a message.
    struct Entry {
        std::uint32_t step, population, count;  // step: after the first of the window
        const std::uint32_t* cells;             // and behind them the values of graded spikes
    };
    void pack(FiredHistory& history, std::int64_t from, std::int64_t to);
    void find_entries(std::span<const std::uint32_t> message);
    void unpack(FiredHistory& history, std::int64_t from, std::int64_t to);

    Exchange& exchange_;
    const std::size_t blocks_;
    std::vector<std::uint8_t> graded_;  // by population
    Words mine_;
    Gathered all_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> count_;  // [step][population]
};

}  // namespace snnsim
