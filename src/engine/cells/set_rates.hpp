// What Engine::set_rates accepts.
#pragma once

#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Throws UsageError where the population is no source with a rate, of so many cells, or a rate
/// (Hz) is beyond 0 .. 1 / dt.
void check_rates(const SimulationSpec& spec, std::size_t population,
                 const std::vector<double>& rates);

}  // namespace snnsim
