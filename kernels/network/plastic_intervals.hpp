// What happens to all plastic synapses of a projection at intervals, a synapse or a target a
// thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/network/plastic.hpp"
#include "kernels/plasticity/intervals.hpp"

namespace snnsim {

/// Body over synapses.
template <class R>
struct FollowReward {
    PlasticArrays<R> at;
    Reward reward;

    SNN_HD void operator()(std::size_t k) const {
        reward.follow(*at.constants, at.progress->plastic != 0, at.weight[k], at.own[k]);
    }
};

/// Body over synapses, of weights that change.
template <class R>
struct SettleReward {
    PlasticArrays<R> at;
    float gain;

    SNN_HD void operator()(std::size_t k) const {
        at.weight[k] = settled(*at.constants, gain, at.weight[k], at.own[k]);
    }
};

/// Body over teams, a segment each: a reward, of rules that say themselves what it does, once all
/// is applied that comes before the window's next step.
template <KeepsVariable R>
struct RewardSegments {
    const StepWindow* window;
    PlasticArrays<R> at;
    float reward;
    std::uint32_t segments;

    SNN_HD std::uint32_t count() const { return segments; }
    template <class Team>
    SNN_HD void operator()(std::uint32_t segment, const Team& team) const {
        const SegmentTime<R> time = at.time_of(segment);
        for (std::uint64_t k = at.edge[segment] + team.lane; k < at.edge[segment + 1];
             k += team.lanes) {
            PlasticWeight w = at.weight[k];
            reward_synapse(*at.constants, time, window->now, reward, at.posts, at.target[k], w,
                           at.own_of(k));
            at.weight[k] = w;
        }
    }
};

/// Body over synapses: adds up the weights of each target.
struct SumWeights {
    const std::uint32_t* target;
    const PlasticWeight* weight;
    std::int64_t* sums;

    SNN_HD void operator()(std::size_t k) const {
        add_shared(sums + target[k], std::int64_t{weight[k]});
    }
};

/// Body over targets: what brings their sums to the one that is wanted. Clears the sums.
struct NormalisingFactors {
    double wanted;
    std::int64_t* sums;
    double* factor;

    SNN_HD void operator()(std::size_t i) const {
        factor[i] = normalising_factor(wanted, sums[i]);
        sums[i] = 0;
    }
};

/// Body over targets.
struct ScalingFactors {
    Scaling scaling;
    std::uint32_t* fired;
    float* rate;
    double* factor;

    SNN_HD void operator()(std::size_t i) const {
        factor[i] = scaling.factor(fired[i], rate[i]);
        fired[i] = 0;
    }
};

/// Body over synapses.
template <class R>
struct MultiplyWeights {
    PlasticArrays<R> at;
    const double* factor;  // [target]

    SNN_HD void operator()(std::size_t k) const {
        at.weight[k] = multiplied(*at.constants, at.weight[k], factor[at.target[k]]);
    }
};

}  // namespace snnsim
