// Random numbers of searches, by counter: they repeat, whatever is drawn in between.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "kernels/random.hpp"

namespace snnsim {

/// Sequence `entity` of a search's seed.
class SearchDraws {
  public:
    SearchDraws(std::uint64_t seed, std::uint32_t entity) : seed_(seed), entity_(entity) {}

    /// In (0, 1), of 52 bits.
    double uniform() {
        const Philox4 words = next();
        return fraction(words.word[0], words.word[1]);
    }
    /// Normal, by Box and Muller.
    double normal() {
        const Philox4 words = next();
        const double radius = std::sqrt(-2.0 * std::log(fraction(words.word[0], words.word[1])));
        return radius * std::cos(2.0 * std::numbers::pi * fraction(words.word[2], words.word[3]));
    }

  private:
    static double fraction(std::uint32_t high, std::uint32_t low) {
        const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 12;
        return (static_cast<double>(bits) + 0.5) * 0x1p-52;
    }
    Philox4 next() {
        constexpr std::uint32_t searches = 0xFFFFFFFFu;  // no Stream's
        return philox(static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32),
                      {{block_++, 0, entity_, searches}});
    }

    std::uint64_t seed_;
    std::uint32_t entity_, block_ = 0;
};

}  // namespace snnsim
