// How much of a weight a spike brings: short-term plasticity, and synapses that may fail or have
// several sites.
#pragma once

#include <cstdint>

#include "kernels/math/fused.hpp"
#include "kernels/plasticity/decay.hpp"
#include "kernels/plasticity/short_term.hpp"
#include "kernels/random.hpp"

namespace snnsim {

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

/// Gliotransmission (De Pitta et al. 2011): astrocytes take the probability of release from what it
/// is without them towards alpha, by the share gamma of receptors that their transmitter activates.
struct Gliotransmission {
    bool any = false, at_target = false;  // at that end of a projection are the cells it goes by
    float alpha = 0.0f;
    const float* const* gamma = nullptr;  // [cell there]: of its astrocyte, a step before

    SNN_HD float release(float alone, std::uint32_t cell) const {
        float share = *gamma[cell];
        share = share > 0.0f ? share : 0.0f;
        share = share < 1.0f ? share : 1.0f;
        return fused(share, alpha - alone, alone);
    }
};

/// How much of a weight is delivered.
struct PlasticRelease {
    float grid_unit = 1.0f;  // steps of the target's grid in a weight of 1
    bool short_term = false, stochastic = false;
    float u_0 = 0.0f;
    Decay recovery, facilitation;
    std::uint32_t sites = 1;
    float p = 1.0f;
    RandomKey random{};  // its entity is the source, its sub-entity the step
    Gliotransmission glia;

    /// Resources are those of a synapse, not of all that a source has with one delay.
    SNN_HD bool by_synapse() const { return short_term && glia.any && glia.at_target; }
    /// What a spike that arrives `age` steps after the last finds left of it, at all synapses.
    struct Arrival {
        float lacking = 0.0f, left = 0.0f;  // see ShortTerm::at_spike
        bool first = true;                  // there was none
        SNN_HD float recovered() const { return first ? 1.0f : 1.0f - lacking; }
    };
    SNN_HD Arrival arrival(std::int64_t age, bool first) const {
        return {recovery(age), facilitation(age), first};
    }
    /// The release probability u_0, or p, of a synapse of two cells.
    SNN_HD float alone(float probability, std::uint32_t source, std::uint32_t target) const {
        return glia.any ? glia.release(probability, glia.at_target ? target : source) : probability;
    }
    SNN_HD ShortTerm next(const ShortTerm& last, const Arrival& a, std::uint32_t source,
                          std::uint32_t target) const {
        return ShortTerm::at_spike(last, alone(u_0, source, target), a.lacking, a.left, a.first);
    }
    /// The share of a weight that arrives, or with several sites the chance of each of them.
    SNN_HD float factor(const ShortTerm& s) const { return stochastic ? s.u : s.released(); }
    /// What arrives of a synapse that may fail; `u`: the chance of each site, with short_term.
    SNN_HD float share(const Philox4& draw, const Arrival& a, float u, std::uint8_t* ready,
                       std::uint32_t source, std::uint32_t target) const {
        if (!short_term)
            return binomial(draw.word[0], 1, alone(p, source, target)) > 0 ? 1.0f : 0.0f;
        return static_cast<float>(release_sites(draw, sites, *ready, a.recovered(), u)) /
               static_cast<float>(sites);
    }
};

}  // namespace snnsim
