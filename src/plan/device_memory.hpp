// How much memory of a CUDA device a run takes, foretold from its model.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/dataset.hpp"
#include "snnsim/network.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Of a network as it is simulated: scaled, its files read.
std::vector<MemoryPart> device_memory(const SimulationSpec& spec);
/// `training`, `test`: samples. `data`: the bytes of all of them, where they are known.
std::vector<MemoryPart> device_memory(const ModelSpec& spec, std::int64_t training,
                                      std::int64_t test, std::optional<std::size_t> data = {});
/// Of what is kept of a data set where it is computed.
std::size_t bytes_of(const Dataset& data);

}  // namespace snnsim
