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
    synapses = 8,     // entity: source or target; sub-entity: projection; counter: synapse
    out_degree = 9,   // entity: 0 or source; sub-entity: projection
    initial = 10,     // entity: population and variable; counter: cell
    parameters = 11,  // the same
    stimulus = 12,    // entity: stimulus; sub-entity: step; counter: cell
    cells = 13,       // entity: population; sub-entity: step; counter: cell
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

SNN_HD inline void philox_round(std::uint32_t key0, std::uint32_t key1, std::uint32_t& word0,
                                std::uint32_t& word1, std::uint32_t& word2, std::uint32_t& word3) {
    std::uint32_t high0, low0, high1, low1;
    philox_multiply(0xD2511F53u, word0, high0, low0);
    philox_multiply(0xCD9E8D57u, word2, high1, low1);
    word0 = high1 ^ word1 ^ key0;
    word1 = low1;
    word2 = high0 ^ word3 ^ key1;
    word3 = low0;
}

SNN_HD inline void philox_next(std::uint32_t& key0, std::uint32_t& key1) {
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
}

/// The four words of one counter under one key.
SNN_HD inline Philox4 philox(std::uint32_t key0, std::uint32_t key1, Philox4 counter) {
    std::uint32_t(&word)[4] = counter.word;
    for (int round = 0; round < 10; ++round) {
        philox_round(key0, key1, word[0], word[1], word[2], word[3]);
        philox_next(key0, key1);
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

    /// The blocks from `first` on, one a lane: words[w][l] is word w of block first + l.
    template <int Lanes>
    SNN_HD void draw(std::uint32_t first, std::uint32_t (&words)[4][Lanes]) const {
        std::uint32_t key0 = static_cast<std::uint32_t>(seed);
        std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
        for (int l = 0; l < Lanes; ++l) {
            words[0][l] = first + static_cast<std::uint32_t>(l);
            words[1][l] = sub_entity;
            words[2][l] = entity;
            words[3][l] = static_cast<std::uint32_t>(stream) | variant << 8;
        }
        for (int round = 0; round < 10; ++round) {
            SNN_LANES for (int l = 0; l < Lanes; ++l) {
                philox_round(key0, key1, words[0][l], words[1][l], words[2][l], words[3][l]);
            }
            philox_next(key0, key1);
        }
    }
};

/// A float in [0, 1) with 24 random bits.
SNN_HD inline float uniform(std::uint32_t word) {
    return static_cast<float>(word >> 8) * (1.0f / 16777216.0f);
}

}  // namespace snnsim
