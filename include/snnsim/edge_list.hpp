// The synapses of a projection one by one, as a file gives them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace snnsim {

/// Checked against the model: ids exist, numbers are finite, delays are between dt and the longest.
struct EdgeList {
    std::string path, sha256;
    std::vector<std::uint32_t> source, target;
    std::vector<double> weight;  // in the unit of the target's input; empty: the projection's
    std::vector<double> delay;   // ms; empty: the projection's
    // Trained weights: the smallest ones may be rounded (see LeastWeights), and no sum of what can
    // arrive in a step has more digits than a float, as the trainer sums floats.
    bool trained = false;
    bool all_pairs = false;  // in the order of sources, then targets
};

}  // namespace snnsim
