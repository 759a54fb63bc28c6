// What follows for projections once it is known where all cells are.
#pragma once

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Fills in what weights and delays by the distance may be, and which projections are stencils.
/// Before positions of files are loaded what it says of those is provisional.
void settle_space(SimulationSpec& spec);

}  // namespace snnsim
