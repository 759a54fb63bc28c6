// Regular rate code: a phase accumulator that spikes each time it passes one.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// a += x max_rate dt; a spike, and a -= 1, when a >= 1.
struct Regular {
    static constexpr const char* name = "regular";
    static constexpr Sends sends = Sends::spikes;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;

    struct Params {
        double max_rate = 200.0;
        static constexpr auto fields() {
            return std::tuple{Field{"max_rate", &Params::max_rate, "Hz", positive,
                                    "rate of the brightest input"}};
        }
    };
    struct Constants {
        float per_step;
    };
    static Constants prepare(const Params& p, double dt, int) {
        return {static_cast<float>(p.max_rate * dt * 1e-3)};
    }
    template <class Emit>
    SNN_HD static void encode(const Constants& c, const RandomKey&, const Pixel& pixel, int steps,
                              Emit&& emit) {
        float phase = 0.0f;
        for (int t = 0; t < steps; ++t) {
            phase = fused(pixel.x, c.per_step, phase);
            if (phase < 1.0f) continue;
            phase -= 1.0f;
            emit(t, 1.0f);
        }
    }
};

}  // namespace snnsim
