// What is said of a network that several processes are to simulate, before it is built.
#pragma once

#include <string>

#include "snnsim/simulation_spec.hpp"
#include "src/plan/cell_rates.hpp"
#include "src/plan/rank_load.hpp"

namespace snnsim {

/// Memory of each rank by part, and what ranks exchange. The model as the file has it.
std::string ranks_text(const SimulationSpec& spec, RankShape shape, const GivenRates& rates);

}  // namespace snnsim
