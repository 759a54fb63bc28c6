// Delta code: a spike of either sign each time the signal has moved by theta.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// A reference starts at 0; where the signal is theta or more above (below) it, +1 (-1) is sent and
/// the reference moves by theta. An image is a signal that steps from 0 to x at the start.
struct Delta {
    static constexpr const char* name = "delta";
    static constexpr Sends sends = Sends::signs;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;
    static constexpr bool any_value = true;

    static constexpr const char* help =
        "A reference follows the signal in steps of theta, one a time step: +1 is sent where the "
        "signal is theta or more above it, -1 where it is as far below. An image is a signal that "
        "steps from 0 to x at the start: floor(x / theta) spikes, one in each of the first steps.";

    struct Params {
        double theta = 0.1;
        static constexpr auto fields() {
            return Fields{Field{"theta", &Params::theta, "",
                                Limits{.low = 0.0, .high = 1.0, .low_open = true},
                                "step of the reference"}};
        }
    };
    struct Constants {
        float theta, reached;  // less than theta by the rounding of x and of the reference
    };
    static Constants prepare(const Params& p, double, int) {
        const auto theta = static_cast<float>(p.theta);
        return {theta, theta - rounding_share};
    }

    /// One step: the sign to send for signal value x, 0 for none; moves the reference, which is
    /// level * theta.
    SNN_HD static float follow(const Constants& c, float x, int& level) {
        const float difference = fused(-c.theta, static_cast<float>(level), x);
        const int sign = difference >= c.reached ? 1 : difference <= -c.reached ? -1 : 0;
        level += sign;
        return static_cast<float>(sign);
    }
    template <class Emit>
    SNN_HD static void encode(const Constants& c, const RandomKey&, const Pixel& pixel, int steps,
                              Emit&& emit) {
        int level = 0;
        for (int t = 0; t < steps; ++t) {
            const float sign = follow(c, pixel.x, level);
            if (sign != 0.0f) emit(t, sign);
        }
    }
};

}  // namespace snnsim
