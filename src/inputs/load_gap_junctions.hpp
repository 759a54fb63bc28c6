// Lists of gap junctions.
#pragma once

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Reads the file of each `connect: {rule: list}` of gap_junctions. Throws DataError with all that
/// is wrong.
void load_gap_junctions(SimulationSpec& spec);

}  // namespace snnsim
