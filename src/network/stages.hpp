// What of a network is computed at once: a population for all steps, or those of a cycle step by
// step.
#pragma once

#include <cstddef>
#include <vector>

#include "snnsim/network.hpp"

namespace snnsim {

/// Populations [first, last].
struct Stage {
    std::size_t first, last;
    bool loop;  // on cycles of projections
};

/// In the order of computation; see Network.
std::vector<Stage> stages_of(const Network& network);

}  // namespace snnsim
