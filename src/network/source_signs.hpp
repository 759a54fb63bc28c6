// Which weights of a projection excite and which inhibit, where its sources keep to Dale's law.
#pragma once

#include <vector>

#include "snnsim/network.hpp"

namespace snnsim {

/// 1 or -1 of each weight, in their order in Projection.
std::vector<float> signs_of(const Network& network, const Projection& projection);

/// Gives weights the signs of their sources, and those of inhibitory ones more size (DaleSpec).
void apply_signs(const Network& network, Projection& projection);

/// Of the synapses that are there how many, and how many of them have the weight 0.
struct CountedWeights {
    std::int64_t all, zero;
};
CountedWeights count_weights_at_zero(const Projection& projection);

/// The number whose method gives the size of a weight.
float latent_of(DaleMethod method, float size);

}  // namespace snnsim
