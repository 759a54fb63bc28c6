// Reads the files of values of cells and of waveforms that a model names.
#pragma once

#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Fills in the values of parameters, initial states and currents that stand in files, and the
/// waveforms of stimuli. Paths are relative to the model file. Throws DataError with the place in
/// the model: another number of values than cells; no unit, or a wrong one; values that are not
/// finite or beyond the parameter's limits.
void load_values(SimulationSpec& spec);

/// "SHA-256  path" of each of these files.
std::vector<std::string> value_files(const SimulationSpec& spec);

}  // namespace snnsim
