// Every file that the model of a simulation names.
#pragma once

#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"
#include "src/files/input_file.hpp"

namespace snnsim {

/// The model with its edges, played spikes, values of cells and waveforms. What is wrong in any of
/// the files is told at once.
SimulationSpec load_inputs(SimulationSpec spec);

/// "SHA-256  path" of every file that the model has read: what a run stores, and compares when it
/// is resumed.
std::vector<std::string> input_files(const SimulationSpec& spec);
/// The same files and the model itself, by paths that can be opened.
std::vector<InputFile> files_read_by(const SimulationSpec& spec);

}  // namespace snnsim
