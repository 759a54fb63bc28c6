// Burst code: brighter inputs send more spikes, closer together.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// ceil(n_max x) spikes from the first step on, interval t_long - x (t_long - t_short), rounded
/// down to steps (after Park et al. 2019).
struct Burst {
    static constexpr const char* name = "burst";
    static constexpr Sends sends = Sends::spikes;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;

    static constexpr const char* help =
        "ceil(n_max x) spikes, the first in the first step, at intervals of t_long - x (t_long - "
        "t_short) rounded down to whole steps. What lies beyond the duration is not sent.";

    struct Params {
        std::int64_t n_max = 5;
        double t_short = 2.0, t_long = 10.0;
        static constexpr auto fields() {
            return Fields{
                Field{"n_max", &Params::n_max, "", at_least(1), "spikes of the brightest input"},
                Field{"t_short", &Params::t_short, "ms", positive,
                      "interval of the brightest input"},
                Field{"t_long", &Params::t_long, "ms", positive, "interval of the faintest input"},
            };
        }
    };
    struct Constants {
        float n_max, short_steps, long_steps;
        float count_slack, interval_slack;  // see rounding_share
    };
    static Constants prepare(const Params& p, double dt, int) {
        const auto n_max = static_cast<float>(p.n_max), longest = static_cast<float>(p.t_long / dt);
        return {n_max, static_cast<float>(p.t_short / dt), longest, rounding_share * n_max,
                rounding_share * longest};
    }
    /// wanted is below 0 for x = 0: no spikes.
    template <class Emit>
    SNN_HD static void encode(const Constants& c, const RandomKey&, const Pixel& pixel, int steps,
                              Emit&& emit) {
        const float wanted = fused(c.n_max, pixel.x, -c.count_slack);
        const auto whole = static_cast<int>(wanted);
        const int count = static_cast<float>(whole) < wanted ? whole + 1 : whole;
        const auto interval = static_cast<int>(
            c.long_steps - pixel.x * (c.long_steps - c.short_steps) + c.interval_slack);
        for (int n = 0, t = 0; n < count && t < steps; ++n, t += interval < 1 ? 1 : interval) {
            emit(t, 1.0f);
        }
    }
};

}  // namespace snnsim
