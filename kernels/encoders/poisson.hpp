// Poisson rate code: in each step a spike with probability x * max_rate * dt.
#pragma once

#include "kernels/encoders/model.hpp"

namespace snnsim {

/// A Bernoulli draw per step. The probability is resolved to 2^-16, or, where that is more than
/// 1/256 of the largest one, to 2^-32. max_rate * dt must be <= 1.
struct Poisson {
    static constexpr const char* name = "poisson";
    static constexpr Sends sends = Sends::spikes;
    static constexpr bool constant = false;
    static constexpr bool needs_rank = false;

    static constexpr const char* help =
        "In each step a spike with probability x max_rate dt, which must not exceed 1.";

    struct Params {
        double max_rate = 1000.0;
        static constexpr auto fields() {
            return Fields{Field{"max_rate", &Params::max_rate, "Hz", positive,
                                "rate of the brightest input; at most one spike a step"}};
        }
    };
    struct Constants {
        float scale;  // of x to a threshold for 16 random bits, or 32
        bool rare;    // 32
    };
    static Constants prepare(const Params& p, double dt, int) {
        const double most = p.max_rate * dt * 1e-3;
        const bool rare = most < 1.0 / 256.0;
        return {static_cast<float>((rare ? 4294967296.0 : 65536.0) * most), rare};
    }
    template <class Emit>
    SNN_HD static void encode(const Constants& c, const RandomKey& key, const Pixel& pixel,
                              int steps, Emit&& emit) {
        encode_part(c, key, pixel, 0, steps, emit);
    }
    /// Of the steps from `first` on, and perhaps of some before it.
    template <class Emit>
    SNN_HD static void encode_part(const Constants& c, const RandomKey& key, const Pixel& pixel,
                                   int first, int steps, Emit&& emit) {
        const auto threshold = static_cast<std::uint32_t>(fused(pixel.x, c.scale, 0.5f));
        if (threshold == 0) return;
        if (c.rare) {
            encode_rare(key, threshold, first, steps, emit);
            return;
        }
        for (int t = first / 32 * 32; t < steps; t += 32) {
            std::uint32_t fired = spikes_of_word(key, static_cast<std::uint32_t>(t), threshold);
            if (steps - t < 32) fired &= (1u << (steps - t)) - 1u;
            for (; fired != 0; fired &= fired - 1) emit(t + lowest_bit(fired), 1.0f);
        }
    }

  private:
    template <class Emit>
    SNN_HD static void encode_rare(const RandomKey& key, std::uint32_t threshold, int first,
                                   int steps, Emit&& emit) {
        for (int t = first / 16 * 16; t < steps; t += 16) {
            std::uint32_t random[16];
            key.draw(static_cast<std::uint32_t>(t) / 4, random);
            for (int k = 0; k < 16 && t + k < steps; ++k) {
                if (random[k] < threshold) emit(t + k, 1.0f);
            }
        }
    }

    /// Bit k: whether a spike falls into step t + k. A block of four random words serves eight
    /// steps.
    SNN_HD static std::uint32_t spikes_of_word(const RandomKey& key, std::uint32_t t,
                                               std::uint32_t threshold) {
        std::uint32_t random[16], fired[2] = {};
        key.draw(t / 8, random);
        for (std::uint32_t word = 0; word < 16; ++word) {
            const std::uint32_t first = (random[word] & 0xFFFFu) < threshold ? 1u : 0u;
            const std::uint32_t second = (random[word] >> 16) < threshold ? 2u : 0u;
            fired[word % 2] |= (first | second) << (2 * word);
        }
        return fired[0] | fired[1];
    }
};

}  // namespace snnsim
