// States of cells as a user sees them: with what the model leaves out, as the resting potential of
// v.
#pragma once

#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// `states`: by population [variable][cell], see EngineState.
std::vector<std::vector<float>> seen_states(const SimulationSpec& spec,
                                            std::vector<std::vector<float>> states);

}  // namespace snnsim
