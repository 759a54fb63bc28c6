// Weights and biases of a simulation that come from files.
#pragma once

#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Reads those of all projections: weights become lists of synapses, biases constant currents,
/// rounded to the grid of the target's weights as those are. Throws DataError.
void load_weights(SimulationSpec& spec);

/// Gives the populations of a trained network, whose weights are loaded, the bound of the values
/// that they can send: the trainer bounds none. `bias`: by projection.
void bound_values(SimulationSpec& spec, const std::vector<std::vector<float>>& bias);

}  // namespace snnsim
