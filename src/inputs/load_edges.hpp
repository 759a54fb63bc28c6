// Reads the files that a model's projections name.
#pragma once

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Fills in `edges` of every projection of rule list. Paths are relative to the model file. Throws
/// DataError with file and line (CSV) or row (HDF5): columns that are missing, unknown or given by
/// the projection too; ids that do not exist; numbers that are not finite; delays below dt or
/// beyond most_delay_steps; with `dale`, weights of both signs.
void load_edges(SimulationSpec& spec);

}  // namespace snnsim
