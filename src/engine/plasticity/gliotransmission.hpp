// Which astrocyte sets how much a synapse releases.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// The astrocytes of a projection with `gliotransmission`.
struct Astrocytes {
    std::size_t population = 0, state = 0;  // numbers in the model, and of its state variable
    std::vector<std::uint32_t> of;          // [cell of the end that it goes by]
};
Astrocytes astrocytes_of(const SimulationSpec& spec, std::size_t projection);

}  // namespace snnsim
