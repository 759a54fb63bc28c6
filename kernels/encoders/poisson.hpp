// Poisson rate code: in each step a spike with probability x * max_rate * dt.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// A Bernoulli draw per step; the probability is resolved to 1/65536. max_rate * dt must be <= 1.
struct Poisson {
    static constexpr const char* name = "poisson";
    static constexpr Sends sends = Sends::spikes;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;

    struct Params {
        double max_rate = 1000.0;
        static constexpr auto fields() {
            return std::tuple{
                Field{"max_rate", &Params::max_rate, "Hz", positive,
                      "rate of the brightest input; x max_rate dt is the probability"}};
        }
    };
    struct Constants {
        float scale;  // of x to a 16-bit threshold
    };
    static Constants prepare(const Params& p, double dt, int) {
        return {static_cast<float>(65536.0 * p.max_rate * dt * 1e-3)};
    }
    template <class Emit>
    SNN_HD static void encode(const Constants& c, const RandomKey& key, const Pixel& pixel,
                              int steps, Emit&& emit) {
        const auto threshold = static_cast<std::uint32_t>(fused(pixel.x, c.scale, 0.5f));
        if (threshold == 0) return;
        for (int t = 0; t < steps; t += 8) {  // a block of four words serves eight steps
            const Philox4 random = key.draw(static_cast<std::uint32_t>(t) / 8);
            const int last = t + 8 < steps ? 8 : steps - t;
            for (int k = 0; k < last; ++k) {
                const std::uint32_t half = (random.word[k / 2] >> (16 * (k % 2))) & 0xFFFFu;
                if (half < threshold) emit(t + k, 1.0f);
            }
        }
    }
};

}  // namespace snnsim
