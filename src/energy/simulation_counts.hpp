// Operations of a simulation, in the form of those of a training.
#pragma once

#include <string>
#include <vector>

#include "snnsim/engine.hpp"
#include "snnsim/trainer.hpp"
#include "src/phases/protocol_state.hpp"

namespace snnsim {

/// What is known of it at the end.
struct SimulationWork {
    std::vector<SynapticWork> work;        // by projection
    std::vector<std::uint64_t> synapses;   // by projection
    std::vector<std::uint64_t> junctions;  // by entry of gap_junctions
    std::vector<std::uint64_t> spikes;     // by population
    std::int64_t steps = 0;                // done
    const ProtocolState* phases = nullptr;
};

/// Summed over all that was simulated. `samples`: those that a trained network was shown, where
/// nothing else happened; else 0. Cells are updated in each step in which they are not asleep.
/// Stimuli are outside of the network, and what plasticity does to weights is not counted. A gap
/// junction is a multiply-accumulate at each of its ends in every step, and v is its input.
PhaseCounts simulation_counts(const SimulationSpec& spec, const SimulationWork& done);

/// Populations that only send.
std::vector<std::string> inputs_of(const SimulationSpec& spec);

}  // namespace snnsim
