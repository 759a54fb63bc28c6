// Reads the files that a model's projections name.
#pragma once

#include <string>
#include <vector>

#include "snnsim/simulation_spec.hpp"
#include "src/run/outputs.hpp"

namespace snnsim {

/// Fills in `edges` of every projection of rule list. Paths are relative to the model file. Throws
/// DataError with file and line (CSV) or row (HDF5): columns that are missing, unknown or given by
/// the projection too; ids that do not exist; numbers that are not finite; delays below dt or
/// beyond most_delay_steps; with `dale`, weights of both signs.
void load_edges(SimulationSpec& spec);

/// The model with its edges, played spikes, values of cells and waveforms. What is wrong in any of
/// the files is told at once.
SimulationSpec load_inputs(SimulationSpec spec);

/// "SHA-256  path" of every file that the model has read: what a run stores, and compares when it
/// is resumed.
std::vector<std::string> input_files(const SimulationSpec& spec);
/// The same files and the model itself, by paths that can be opened.
std::vector<InputFile> files_read_by(const SimulationSpec& spec);

}  // namespace snnsim
