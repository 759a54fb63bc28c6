// Spikes as the threads find them, and in one order.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/engine.hpp"
#include "src/engine/synapses/dense.hpp"

namespace snnsim {

class FoundSpikes {
  public:
    FoundSpikes(std::size_t blocks, bool graded) : blocks_(blocks), graded_(graded) {}

    /// What comes now is of step `first` or later.
    void start(std::int64_t first) { first_ = first; }
    /// Cells of a block that fired in step t, by step and population; each block may be called by a
    /// thread of its own.
    void add(std::size_t block, std::int64_t t, std::size_t population, FiredSpan fired);
    /// Moves what came since start() to the end of `to`.
    void move_to(Spikes& to);

  private:
    struct alignas(64) Block {  // each thread writes its own
        std::vector<std::uint64_t> keys;
        std::vector<float> values;  // in a network with graded spikes
    };
    void move_values_to(Spikes& to);

    std::vector<Block> blocks_;
    const bool graded_;
    std::int64_t first_ = 0;
};

}  // namespace snnsim
