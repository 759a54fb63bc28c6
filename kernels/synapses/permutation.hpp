// Numbers in random order, without a list of them.
#pragma once

#include <bit>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/random.hpp"

namespace snnsim {

/// A bijection of 0 .. size - 1, drawn by a key: a Feistel network of six rounds over as many bits
/// as there must be, walked on while it leads beyond the end (Black & Rogaway 2002).
class Permutation {
  public:
    Permutation() = default;
    Permutation(const RandomKey& key, std::uint64_t size) : size_(size) {
        const int bits = size < 2 ? 2 : std::bit_width(size - 1);
        low_bits_ = bits / 2 > 0 ? bits / 2 : 1;
        high_bits_ = bits - low_bits_ > 0 ? bits - low_bits_ : 1;
        for (std::uint32_t k = 0; k < rounds; ++k) key_[k] = key.draw(k / 4).word[k % 4];
    }

    SNN_HD std::uint64_t operator()(std::uint64_t n) const {
        do {
            n = once(n);
        } while (n >= size_);
        return n;
    }

  private:
    static constexpr std::uint32_t rounds = 6;

    SNN_HD std::uint64_t once(std::uint64_t n) const {
        const std::uint32_t low_mask = (1u << low_bits_) - 1u, high_mask = (1u << high_bits_) - 1u;
        auto low = static_cast<std::uint32_t>(n) & low_mask;
        auto high = static_cast<std::uint32_t>(n >> low_bits_) & high_mask;
        for (std::uint32_t k = 0; k < rounds; k += 2) {
            low ^= mixed(high ^ key_[k]) & low_mask;
            high ^= mixed(low ^ key_[k + 1]) & high_mask;
        }
        return std::uint64_t{high} << low_bits_ | low;
    }
    /// The finalizer of MurmurHash3.
    SNN_HD static std::uint32_t mixed(std::uint32_t x) {
        x ^= x >> 16;
        x *= 0x85EBCA6Bu;
        x ^= x >> 13;
        x *= 0xC2B2AE35u;
        return x ^ x >> 16;
    }

    std::uint64_t size_ = 1;
    int low_bits_ = 1, high_bits_ = 1;
    std::uint32_t key_[rounds] = {};
};

}  // namespace snnsim
