// Phase code: the eight bits of the intensity, weighted by their phase.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// Bit k (the highest is 0) of the 8-bit intensity is sent in phase k of a period of eight steps
/// with the value 2^-(k+1); the period repeats (Kim et al. 2018).
struct Phase {
    static constexpr const char* name = "phase";
    static constexpr Sends sends = Sends::values;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;

    static constexpr const char* help =
        "Bit k (0: the highest) of the intensity in 8 bits is sent in step k of every eight, with "
        "the value 2^-(k+1). In a duration that is no multiple of eight steps the last period is "
        "cut, and its lower bits are not sent.";

    struct Params {
        static constexpr auto fields() { return Fields{}; }
    };
    struct Constants {};
    static Constants prepare(const Params&, double, int) { return {}; }
    template <class Emit>
    SNN_HD static void encode(const Constants&, const RandomKey&, const Pixel& pixel, int steps,
                              Emit&& emit) {
        const auto level = static_cast<std::uint32_t>(fused(pixel.x, 255.0f, 0.5f));
        for (int t = 0; t < steps; ++t) {
            const int k = t % 8;
            if ((level >> (7 - k)) & 1u) emit(t, 1.0f / static_cast<float>(2 << k));
        }
    }
};

}  // namespace snnsim
