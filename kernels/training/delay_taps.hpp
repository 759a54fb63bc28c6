// The taps of a learned delay: a normalised Gaussian over whole numbers of steps, around a delay
// that need be none (dilated convolution with learnable spacings, Khalfaoui-Hassani et al. 2023;
// delays of spiking networks: Hammouamri, Khalfaoui-Hassani & Masquelier 2023).
#pragma once

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"

namespace snnsim {

/// The longest delay that can be learned, in steps.
inline constexpr int most_learned_steps = 64;

/// The nearest step, halves up.
SNN_HD inline int nearest_step(float delay) {
    return static_cast<int>(delay + 0.5f);
}

/// Steps on which something acts: [first, last].
struct TapRange {
    std::int32_t first, last;
};

/// K(d) = g(d) / sum of g over all taps, g(d) = exp(-(d - delay)^2 / (2 sigma^2)), d = 0 ..
/// longest.
struct DelayTaps {
    // Standard deviations beyond which a tap is none: 3e-7 of the greatest.
    static constexpr float width = 5.5f;
    // Narrower ones would have no tap between two steps.
    static constexpr double least_sigma = 0.1;

    int longest;
    float inverse;  // 1 / sigma
    float reach;    // steps; a little more than half a step at least

    static DelayTaps of(int longest, double sigma) {
        const auto reach = static_cast<float>(width * sigma);
        return {longest, static_cast<float>(1.0 / sigma), reach < 0.51f ? 0.51f : reach};
    }

    SNN_HD int count() const { return longest + 1; }

    SNN_HD TapRange range(float delay) const {
        const float low = delay - reach;
        const int below = low > 0.0f ? static_cast<int>(low) : 0;
        const int above = static_cast<int>(delay + reach);
        return {static_cast<float>(below) < low ? below + 1 : below,
                above < longest ? above : longest};
    }

    /// g(tap); 0 outside the range.
    SNN_HD float bump(float delay, int tap) const {
        const float distance = static_cast<float>(tap) - delay;
        const bool near = distance <= reach && -distance <= reach;
        const float x = near ? distance * inverse : 0.0f;
        const float g = exp_in_range(-0.5f * x * x);
        return near ? g : 0.0f;
    }

    /// dL/d(weight) and dL/d(delay) of an input weight * sum of K(d) sent[t - d], from dL/d(weight
    /// * K(d)): `of_tap(d)`. dK/d(delay) = K(d) ((d - delay) - mean of that) / sigma^2.
    struct Gradient {
        float of_weight, of_delay;
    };
    template <class OfTap>
    SNN_HD Gradient gradient(float delay, float weight, const OfTap& of_tap) const {
        const TapRange r = range(delay);
        float norm = 0.0f, mean = 0.0f, sum = 0.0f, moment = 0.0f;
        for (int d = r.first; d <= r.last; ++d) {
            const float g = bump(delay, d), distance = static_cast<float>(d) - delay;
            const float product = g * of_tap(d);
            norm = norm + g;
            mean = fused(g, distance, mean);
            sum = sum + product;
            moment = fused(product, distance, moment);
        }
        const float scale = 1.0f / norm;
        sum = sum * scale;
        const float spread = fused(-(mean * scale), sum, moment * scale);
        return {sum, weight * inverse * inverse * spread};
    }
};

}  // namespace snnsim
