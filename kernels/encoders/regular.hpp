// Regular rate code: spikes at equal intervals.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// Spike n (from 1) at n / (x max_rate), in the step that ends then or that contains it.
struct Regular {
    static constexpr const char* name = "regular";
    static constexpr Sends sends = Sends::spikes;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;

    static constexpr const char* help =
        "Spike n (from 1) at n / (x max_rate), in the step that ends then or that contains it: "
        "floor(x max_rate duration) spikes in all.";

    struct Params {
        double max_rate = 200.0;
        static constexpr auto fields() {
            return Fields{Field{"max_rate", &Params::max_rate, "Hz", positive,
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
        const float rate = pixel.x * c.per_step, last = static_cast<float>(steps);
        if (rate == 0.0f) return;
        // Shorter by what rounding can make it too long: a spike at the end of a step is in it.
        const float interval = (1.0f - rounding_share) / rate;
        float n = 1.0f;
        for (float at = interval; at <= last; at = (n += 1.0f) * interval) {
            const auto whole = static_cast<int>(at);
            emit(static_cast<float>(whole) < at ? whole : whole - 1, 1.0f);
        }
    }
};

}  // namespace snnsim
