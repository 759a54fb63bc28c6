// What the phases of a simulation found, from the samples that they showed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"
#include "src/phases/protocol_state.hpp"

namespace snnsim {

struct PhaseOutcome {
    std::string name;
    double start = 0.0;                 // ms
    std::optional<double> stop;         // ms; none while it is under way
    std::vector<std::uint64_t> spikes;  // by population, once it has ended
    std::uint64_t samples = 0, shown_again = 0;
    double mean_spikes = 0.0;              // of the responses to a sample
    std::vector<std::int32_t> assignment;  // by cell
    // Of phases that predict. A sample that nothing answers is predicted wrongly.
    std::optional<double> accuracy;
    std::uint64_t unanswered = 0;
    std::vector<std::uint64_t> confusion;  // [label][prediction]
    std::size_t classes = 0;
    std::int64_t running = 0;
    std::vector<double> running_accuracy;  // of each `running` samples, after the first
};

/// Of those that have begun.
std::vector<PhaseOutcome> phase_outcomes(const SimulationSpec& spec, const ProtocolState& state);

}  // namespace snnsim
