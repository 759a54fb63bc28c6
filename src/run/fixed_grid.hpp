// The grid of weights that a trained network has in a simulation.
#pragma once

#include <vector>

#include "snnsim/dataset.hpp"
#include "snnsim/model_spec.hpp"
#include "snnsim/network.hpp"

namespace snnsim {

/// Units of weight in 1, by population of the network, whose weights are those of `network`; the
/// same when they have been rounded to it. Throws ModelError of a network that cannot be simulated.
/// `data`: what it is tested on.
std::vector<double> fixed_grid(const ModelSpec& spec, const Dataset& data, const Network& network);

}  // namespace snnsim
