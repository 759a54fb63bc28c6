// The synapses of a projection that does not learn, one by one.
#pragma once

#include <cstddef>

#include "snnsim/edge_list.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// By source, with the weights as the engine rounds them and delays in ms. The model's files are
/// read.
EdgeList listed_synapses(const SimulationSpec& spec, std::size_t projection, int threads);

}  // namespace snnsim
