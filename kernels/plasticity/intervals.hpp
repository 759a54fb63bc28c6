// What happens to weights at intervals rather than at spikes, a synapse or a target at a time.
#pragma once

#include <cstdint>

#include "kernels/plasticity/synapse.hpp"

namespace snnsim {

/// A weight times `factor`, within its bounds.
template <class R>
SNN_HD inline PlasticWeight multiplied(const RuleConstants<R>& c, PlasticWeight w, double factor) {
    const double most = 2.0 * double{weight_one};
    const double product = std::floor(w * factor + 0.5);
    return c.bounded(static_cast<std::int64_t>(product < most ? product : most));
}

/// Brings weights whose sum is `sum` to the sum `wanted`; all 0 stay 0.
SNN_HD inline double normalising_factor(double wanted, std::int64_t sum) {
    return sum > 0 ? wanted / static_cast<double>(sum) : 1.0;
}

/// Synaptic scaling of a target; see ScalingSpec.
struct Scaling {
    float per_spike = 0.0f;  // Hz, of a spike in the interval
    float decay = 0.0f;      // of the low-passed rate, in an interval
    double kappa = 0.0, rate = 1.0;

    /// After an interval with `fired` spikes: the new low-passed rate, and what weights are
    /// multiplied by.
    SNN_HD double factor(std::uint32_t fired, float& low_passed) const {
        const float now = static_cast<float>(fired) * per_spike;
        low_passed = now + decay * (low_passed - now);
        const double factor = 1.0 + kappa * (rate - static_cast<double>(low_passed)) / rate;
        return factor > 0.0 ? factor : 0.0;
    }
};

/// Weights follow the changes that wait as far as there is reward; see Waiting.
struct Reward {
    float waiting_decay = 0.0f, decay = 0.0f;  // in an interval

    SNN_HD float decayed(float reward) const { return flushed(reward * decay); }
    /// After an interval.
    template <class R>
    SNN_HD void follow(const RuleConstants<R>& c, bool plastic, PlasticWeight& w,
                       float& own) const {
        if (plastic) w = c.changed(w, own * c.waiting.gain(c.waiting.interval));
        own = flushed(own * waiting_decay);
    }
};

/// A weight that gets `gain` for what waits, amid an interval: where the reward or the learning
/// rate changes, so that the whole interval is right at its end.
template <class R>
SNN_HD inline PlasticWeight settled(const RuleConstants<R>& c, float gain, PlasticWeight w,
                                    float own) {
    return c.changed(w, own * gain);
}

}  // namespace snnsim
