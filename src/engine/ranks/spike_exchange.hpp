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
    struct Steps {
        std::int64_t from = 0, to = 0;  // to - 1 is the last
    };
    /// The blocks have done these steps: tells the other ranks. `trouble`: a step.
    void start(const FiredHistory& history, Steps steps, std::int64_t trouble);
    bool started() const { return started_; }
    /// Now and then in between.
    void poll() { exchange_.poll(); }
    /// Puts those of the other ranks into the history: of the steps that it returns. `trouble`
    /// becomes the least of what the ranks gave.
    Steps finish(FiredHistory& history, std::int64_t& trouble);

  private:
    /// Cells of a population that fired in a step, in a message.
    struct Entry {
        std::uint32_t step, population, count;  // step: after the first of the window
        const std::uint32_t* cells;             // and behind them the values of graded spikes
    };
    void pack(const FiredHistory& history);
    void find_entries(std::span<const std::uint32_t> message);
    void unpack(FiredHistory& history);

    Exchange& exchange_;
    const std::size_t blocks_;
    std::vector<std::uint8_t> graded_;  // by population
    Steps steps_;                       // that are on their way
    bool started_ = false;
    Words mine_;
    Gathered all_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> count_;  // [step][population]
};

}  // namespace snnsim
