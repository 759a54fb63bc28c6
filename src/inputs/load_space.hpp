// Where cells are, as files have it, and the synapses of windows.
#pragma once

#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Reads the positions of all populations, and makes lists of synapses of conv and pool. Throws
/// DataError.
void load_space(SimulationSpec& spec);

/// "SHA-256  path" of each file of positions.
std::vector<std::string> position_files(const SimulationSpec& spec);

}  // namespace snnsim
