// How much of a weight a spike brings: short-term plasticity, and synapses that may fail or have
// several sites.
#pragma once

#include <cstdint>

#include "kernels/plasticity/decay.hpp"
#include "kernels/random.hpp"

namespace snnsim {

/// How much of a weight is delivered.
struct PlasticRelease {
    float grid_unit = 1.0f;  // steps of the target's grid in a weight of 1
    bool short_term = false, stochastic = false;
    float u_0 = 0.0f;
    Decay recovery, facilitation;
    std::uint32_t sites = 1;
    float p = 1.0f;
    RandomKey random{};  // its entity is the source, its sub-entity the step
};

/// Successes of n trials of probability p, from one random word: the number k whose cumulative
/// probability first exceeds u. For small n.
SNN_HD inline std::uint32_t binomial(std::uint32_t word, std::uint32_t n, float p) {
    if (p >= 1.0f) return n;
    const float u = uniform(word), odds = p / (1.0f - p);
    float weight = 1.0f;
    for (std::uint32_t k = 0; k < n; ++k) weight *= 1.0f - p;
    float sum = weight;
    std::uint32_t k = 0;
    while (k < n && u >= sum) {
        weight *= odds * static_cast<float>(n - k) / static_cast<float>(k + 1);
        sum += weight;
        ++k;
    }
    return k;
}

/// What a spike releases of a synapse with `sites`, of which `ready` hold a vesicle: each lets it
/// go with probability u; an empty one is ready again with probability `recovered` by the next
/// spike. Words 0 and 1 are used.
SNN_HD inline std::uint32_t release_sites(const Philox4& random, std::uint32_t sites,
                                          std::uint8_t& ready, float recovered, float u) {
    const std::uint32_t full = ready + binomial(random.word[0], sites - ready, recovered);
    const std::uint32_t released = binomial(random.word[1], full, u);
    ready = static_cast<std::uint8_t>(full - released);
    return released;
}

}  // namespace snnsim
