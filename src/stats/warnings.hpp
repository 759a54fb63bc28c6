// What a summary warns of: networks in which nothing happens, and rules that ran into a bound.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/engine.hpp"

namespace snnsim {

/// A line for each population without a spike in `ms` of time, but for sources whose rate is 0.
/// `spikes`: by population, in that
/// time; `when`: "the whole run".
std::vector<std::string> silent_populations(const SimulationSpec& spec,
                                            const std::vector<std::uint64_t>& spikes, double ms,
                                            const std::string& when);

/// A line for each projection of which 99 % of the weights lie at w_min or w_max.
std::vector<std::string> weights_at_bounds(const SimulationSpec& spec,
                                           const std::vector<ProjectionWeights>& weights);

}  // namespace snnsim
