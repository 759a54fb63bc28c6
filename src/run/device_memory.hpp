// How much memory of a CUDA device a run takes, foretold from its model.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/network.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Of a network as it is simulated: scaled, its files read.
std::vector<MemoryPart> device_memory(const SimulationSpec& spec);
/// `training`, `test`: samples.
std::vector<MemoryPart> device_memory(const ModelSpec& spec, std::int64_t training,
                                      std::int64_t test);

}  // namespace snnsim
