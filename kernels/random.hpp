// Counter-based random numbers: a draw is a function of what it is for, never of call order.
// Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"

namespace snnsim {

/// What a random number is for. Every use has its own stream, so that uses never share numbers.
enum class Stream : std::uint32_t {  // below 256
    weights = 1,                     // entity: projection and row; counter: column
    bias = 2,                        // entity: projection; counter: column
    shuffle = 4,                     // entity: epoch; counter: position
    split = 5,                       // entity: 0; counter: sample
    encode_train = 6,                // entity: sample and input; variant: epoch; counter: time
    encode_test = 7,
};

struct Philox4 {
    std::uint32_t word[4];
};

SNN_HD inline void philox_multiply(std::uint32_t a, std::uint32_t b, std::uint32_t& high,
                                   std::uint32_t& low) {
    const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
    high = static_cast<std::uint32_t>(product >> 32);
    low = static_cast<std::uint32_t>(product);
}

/// The four words of one counter under one key.
SNN_HD inline Philox4 philox(std::uint32_t key0, std::uint32_t key1, Philox4 counter) {
    for (int round = 0; round < 10; ++round) {
        std::uint32_t high0, low0, high1, low1;
        philox_multiply(0xD2511F53u, counter.word[0], high0, low0);
        philox_multiply(0xCD9E8D57u, counter.word[2], high1, low1);
        counter = {{high1 ^ counter.word[1] ^ key0, low1, high0 ^ counter.word[3] ^ key1, low0}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

/// Names one sequence of draws: (seed, stream, entity, sub-entity); the counter runs inside it.
struct RandomKey {
    std::uint64_t seed;
    Stream stream;
    std::uint32_t entity;  // at most 2^32 - 1; the stream's comment says what it is
    std::uint32_t sub_entity;
    std::uint32_t variant = 0;  // below 2^24

    /// Words 4*block .. 4*block+3 of the sequence.
    SNN_HD Philox4 draw(std::uint32_t block) const {
        return philox(
            static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
            {{block, sub_entity, entity, static_cast<std::uint32_t>(stream) | variant << 8}});
    }
};

/// A float in [0, 1) with 24 random bits.
SNN_HD inline float uniform(std::uint32_t word) {
    return static_cast<float>(word >> 8) * (1.0f / 16777216.0f);
}

}  // namespace snnsim
