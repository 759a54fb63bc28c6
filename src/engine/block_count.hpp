// Into how many blocks a network is split, told without its layout.
#pragma once

#include <cstdint>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// For so many threads, of all processes together: see Layout.
std::uint32_t block_count(const SimulationSpec& spec, std::uint32_t threads);

}  // namespace snnsim
