// Latency code: one spike per input, the earlier the brighter.
#pragma once

#include <cmath>

#include "kernels/encoders/model.hpp"

namespace snnsim {

enum class LatencyCurve : std::uint8_t { linear, rc };
template <>
struct Names<LatencyCurve> {
    static constexpr std::array values{"linear", "rc"};
};

/// linear: t = (1 - x) t_max, no spike for x < x_min; x_min = 0 leaves none out, x = 0 neither. rc:
/// the time tau ln(x / (x - theta)) at which a capacitor charged by x reaches theta, no spike for x
/// <= theta or after t_max. A time falls into the step that contains it, t_max into the one that
/// ends then.
struct Latency {
    static constexpr const char* name = "latency";
    static constexpr Sends sends = Sends::spikes;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;

    static constexpr const char* help =
        "One spike, in the step that contains its time, the earlier the brighter; the faintest of "
        "a linear code fire in the step that ends at t_max.";

    struct Params {
        LatencyCurve curve = LatencyCurve::linear;
        double t_max = 0.0;
        double x_min = 0.01;
        double tau = 5.0;
        double theta = 0.01;
        static constexpr auto fields() {
            constexpr Limits open_fraction{
                .low = 0.0, .high = 1.0, .low_open = true, .high_open = true};
            return Fields{
                Field{"curve", &Params::curve, "", unlimited,
                      "linear: (1 - x) t_max; rc: tau ln(x / (x - theta))"},
                Field{"t_max", &Params::t_max, "ms", non_negative,
                      "latest spike, not beyond the duration; 0: the whole duration"},
                Field{"x_min", &Params::x_min, "", fraction,
                      "linear: no spike below this intensity; 0: every input fires, "
                      "those of intensity 0 too, at t_max"},
                Field{"tau", &Params::tau, "ms", positive, "rc: time constant"},
                Field{
                    "theta", &Params::theta, "", open_fraction,
                    "rc: threshold; no spike up to this intensity, or where it comes after t_max"},
            };
        }
    };
    struct Constants {
        bool rc;
        float last;   // steps
        float slack;  // see rounding_share
        int last_step;
        float x_min, tau_steps, theta;
    };
    static Constants prepare(const Params& p, double dt, int steps) {
        const double last = p.t_max > 0.0 ? p.t_max / dt : static_cast<double>(steps);
        return {p.curve == LatencyCurve::rc,
                static_cast<float>(last),
                rounding_share * static_cast<float>(last),
                static_cast<int>(std::ceil(last * (1.0 - 1e-9))) - 1,
                static_cast<float>(p.x_min),
                static_cast<float>(p.tau / dt),
                static_cast<float>(p.theta)};
    }
    template <class Emit>
    SNN_HD static void encode(const Constants& c, const RandomKey&, const Pixel& pixel, int steps,
                              Emit&& emit) {
        const float x = pixel.x;
        if (c.rc ? x <= c.theta : x < c.x_min) return;
        const float time =
            c.rc ? c.tau_steps * exact_log(x / (x - c.theta)) : fused(1.0f - x, c.last, c.slack);
        if (c.rc && time >= c.last) return;
        // The faintest input of a linear code belongs to the last step, not to the one after it.
        const int step = time < c.last ? static_cast<int>(time) : c.last_step;
        if (step < steps) emit(step, 1.0f);
    }
};

}  // namespace snnsim
