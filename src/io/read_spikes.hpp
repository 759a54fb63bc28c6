// The spikes of a run file, of a simulation or a training.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "snnsim/run_record.hpp"
#include "snnsim/spike_trains.hpp"

namespace snnsim {

struct RecordedPopulation {
    std::string name;
    std::uint32_t size = 0;                // cells
    std::optional<SpikeTrains> spikes;     // of its first cells; none: not recorded
    std::optional<std::uint64_t> counted;  // spikes of all cells in the whole run, where the file
                                           // tells it
};

struct RecordedSpikes {
    std::string path, model_name;
    std::uint64_t seed = 1;
    RunStatus status = RunStatus::finished;
    double dt = 1.0;  // ms
    /// Of a simulation: steps done; while it goes on, up to the last spike written. Else 0.
    std::uint32_t steps = 0;
    /// Of a training: steps of a sample; the recorded samples lie one after the other. Else 0.
    std::uint32_t steps_per_sample = 0;
    std::vector<RecordedPopulation> populations;  // in alphabetical order
    std::vector<LearnedSummary> learned;          // parameters of neurons that were trained
};

/// A spike with the time t happened in the step that ends then, which is step round(t / dt) - 1.
/// Throws FileError that says what is missing or wrong.
RecordedSpikes read_spikes(const std::string& path);

}  // namespace snnsim
