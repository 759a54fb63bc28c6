// What is said of a simulation's network before it runs.
#pragma once

#include <string>

#include "snnsim/engine.hpp"

namespace snnsim {

/// Size of the network, resolution of its weights, time, memory, and on which `device`.
std::string header_text(const SimulationSpec& spec, const Engine& engine,
                        const std::string& device);

}  // namespace snnsim
