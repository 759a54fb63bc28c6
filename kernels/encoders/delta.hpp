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

    struct Params {
        double theta = 0.1;
        static constexpr auto fields() {
            return std::tuple{
                Field{"theta", &Params::theta, "", positive, "step of the reference"}};
        }
    };
    struct Constants {
        float theta;
    };
    static Constants prepare(const Params& p, double, int) { return {static_cast<float>(p.theta)}; }

    /// One step: the sign to send for signal value x, 0 for none; moves the reference.
    SNN_HD static float follow(const Constants& c, float x, float& reference) {
        const float difference = x - reference;
        const float sign = difference >= c.theta ? 1.0f : difference <= -c.theta ? -1.0f : 0.0f;
        reference = fused(sign, c.theta, reference);
        return sign;
    }
    template <class Emit>
    SNN_HD static void encode(const Constants& c, const RandomKey&, const Pixel& pixel, int steps,
                              Emit&& emit) {
        float reference = 0.0f;
        for (int t = 0; t < steps; ++t) {
            const float sign = follow(c, pixel.x, reference);
            if (sign != 0.0f) emit(t, sign);
        }
    }
};

}  // namespace snnsim
