// What a trained network answers to the samples that phases show: its output, read as in training.
#pragma once

#include <cstdint>

#include "snnsim/engine.hpp"
#include "src/phases/protocol_state.hpp"

namespace snnsim {

/// The output's steps of one sample after the other.
class SampleReadout {
  public:
    /// Of a trained network, of whose output as many cells are read as there are classes; 0: all.
    SampleReadout(const SimulationSpec& spec, int classes);

    struct Answer {
        std::int32_t prediction;  // -1: the loss of the training is not one of classes
        std::uint32_t spikes;     // of the output
    };
    std::size_t output() const { return output_; }
    std::int64_t depth() const { return depth_; }

    /// A sample's step begins with nothing sent.
    void start_step(ReadoutState& state, std::int64_t place) const;
    void take(ReadoutState& state, std::int64_t place, std::uint32_t cell, float value) const;
    Answer answer(ReadoutState& state) const;

  private:
    const SimulationSpec& spec_;
    std::size_t output_ = 0, cells_ = 0, classes_ = 0, steps_ = 0;
    std::int64_t depth_ = 0;
};

}  // namespace snnsim
