// What is said of a simulation's phases when it ends.
#pragma once

#include <cstddef>
#include <string>

#include "snnsim/simulation_spec.hpp"
#include "src/phases/protocol_state.hpp"

namespace snnsim {

/// A line for each phase that has begun; names take `width` letters.
std::string phases_text(const SimulationSpec& spec, const ProtocolState& state, std::size_t width);

}  // namespace snnsim
