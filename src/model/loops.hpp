// Cycles of projections between the populations of a training, and the delays along them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// Place in the file; that past the last for a name that no population has.
std::size_t number_of(const ModelSpec& spec, const std::string& population);

/// Of each population, the first in the file of those that it has cycles of projections with: its
/// own number where there are none but of its own.
std::vector<std::size_t> loops_of(const ModelSpec& spec);

/// Whether each projection lies on a cycle, its own population's included.
std::vector<bool> on_cycles(const ModelSpec& spec);

/// Steps of each projection. A delay that is not given is one step where the projection goes back,
/// to its own population or, on a cycle, to one that stands before it in the file; else none.
std::vector<std::size_t> delays_of(const ModelSpec& spec);

/// The populations of a cycle of projections without delay, the first again as the last; empty
/// where there is none. The projection that closes it is given: spec.projections[k].
struct ClosedCycle {
    std::vector<std::string> populations;
    std::size_t projection = 0;
};
ClosedCycle cycle_without_delay(const ModelSpec& spec);

}  // namespace snnsim
