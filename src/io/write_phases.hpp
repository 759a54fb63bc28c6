// Writes what a simulation's phases found into its run file.
#pragma once

#include <vector>

#include "snnsim/simulation_spec.hpp"
#include "src/io/hdf5.hpp"
#include "src/phases/protocol_state.hpp"

namespace snnsim {

/// /trials, /phases and /final, anew where they are there already. `final_states`: by population,
/// [variable][cell].
void write_phases(hid_t file, const SimulationSpec& spec, const ProtocolState& state,
                  const std::vector<std::vector<float>>& final_states);

}  // namespace snnsim
