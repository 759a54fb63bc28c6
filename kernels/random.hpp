// Counter-based random numbers: a draw is a function of what it is for, never of call order.
// Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
#pragma once

#include <cstdint>

#if defined(__AVX2__) && !defined(__CUDA_ARCH__)
#include <immintrin.h>
#endif

#include "kernels/host_device.hpp"

namespace snnsim {

/// What a random number is for. Every use has its own stream, so that uses never share numbers.
enum class Stream : std::uint32_t {  // below 256
    weights = 1,                     // entity: projection and row; counter: column
    bias = 2,                        // entity: projection; counter: column
    connections = 3,                 // entity: projection and source; counter: target
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
    release = 14,     // entity: source; sub-entity: step; variant: projection; counter: synapse
    rewiring = 15,    // entity: target; sub-entity: step; variant: projection; counter: synapse
    patterns = 16,    // entity: phase; sub-entity: pattern; counter: cell
    trials = 17,      // entity: phase; sub-entity: trial; counter: repetition, or what is drawn
    order = 18,       // entity: phase; sub-entity: pass; counter: sample
    record = 19,      // entity: population; counter: cell
    junctions = 20,   // entity: cell; sub-entity: gap_junctions; counter: other cell
    dropout = 21,     // entity: population; sub-entity: update; counter: sample and cell
    positions = 32,   // entity: population; counter: cell; sub-entity 1: of fields of a grid
    copies = 33,      // entity: sample; sub-entity: copy; counter: event
    augment = 34,     // entity: sample; sub-entity: input; variant: epoch; counter: spike
    memories = 48,    // entity: pattern; counter: unit
    flips = 49,       // entity: trial of a recall
    sweeps = 50,      // entity: trial; sub-entity: sweep; counter: place
    noise = 51,       // the same
};

struct Philox4 {
    std::uint32_t word[4];

    /// word[k], without an address that a GPU would need memory for.
    SNN_HD std::uint32_t select(std::uint32_t k) const {
        const std::uint32_t low = k & 1u ? word[1] : word[0], high = k & 1u ? word[3] : word[2];
        return k & 2u ? high : low;
    }
};

SNN_HD inline void philox_multiply(std::uint32_t a, std::uint32_t b, std::uint32_t& high,
                                   std::uint32_t& low) {
#ifdef __CUDA_ARCH__
    high = __umulhi(a, b);
    low = a * b;
#else
    const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
    high = static_cast<std::uint32_t>(product >> 32);
    low = static_cast<std::uint32_t>(product);
#endif
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

#if defined(__AVX2__) && !defined(__CUDA_ARCH__)
/// The words of 4 * Groups counters that follow each other, in their order. A register holds one
/// word of four counters in the low halves of its 64-bit elements; the upper halves hold what
/// nobody reads. A round is then two multiplications, two shifts and four exclusive ors: a quarter
/// of what a compiler makes of philox_round.
template <int Groups>
inline void philox_avx2(std::uint32_t key0, std::uint32_t key1, const Philox4& counter,
                        std::uint32_t* out) {
    __m256i word0[Groups], word1[Groups], word2[Groups], word3[Groups];
    for (int g = 0; g < Groups; ++g) {
        const __m256i block = _mm256_set1_epi32(static_cast<int>(counter.word[0]) + 4 * g);
        word0[g] = _mm256_add_epi32(block, _mm256_setr_epi32(0, 0, 1, 0, 2, 0, 3, 0));
        word1[g] = _mm256_set1_epi32(static_cast<int>(counter.word[1]));
        word2[g] = _mm256_set1_epi32(static_cast<int>(counter.word[2]));
        word3[g] = _mm256_set1_epi32(static_cast<int>(counter.word[3]));
    }
    const __m256i factor0 = _mm256_set1_epi32(static_cast<int>(0xD2511F53u));
    const __m256i factor1 = _mm256_set1_epi32(static_cast<int>(0xCD9E8D57u));
    SNN_UNROLL
    for (int round = 0; round < 10; ++round) {
        const __m256i round_key0 = _mm256_set1_epi32(static_cast<int>(key0));
        const __m256i round_key1 = _mm256_set1_epi32(static_cast<int>(key1));
        SNN_UNROLL
        for (int g = 0; g < Groups; ++g) {
            const __m256i product0 = _mm256_mul_epu32(word0[g], factor0);
            const __m256i product1 = _mm256_mul_epu32(word2[g], factor1);
            const __m256i keyed1 = _mm256_xor_si256(word1[g], round_key0);
            const __m256i keyed3 = _mm256_xor_si256(word3[g], round_key1);
            word0[g] = _mm256_xor_si256(_mm256_srli_epi64(product1, 32), keyed1);
            word1[g] = product1;
            word2[g] = _mm256_xor_si256(_mm256_srli_epi64(product0, 32), keyed3);
            word3[g] = product0;
        }
        philox_next(key0, key1);
    }
    for (int g = 0; g < Groups; ++g, out += 16) {
        constexpr int odd = 0xAA;
        const __m256i front = _mm256_blend_epi32(word0[g], _mm256_slli_epi64(word1[g], 32), odd);
        const __m256i back = _mm256_blend_epi32(word2[g], _mm256_slli_epi64(word3[g], 32), odd);
        const __m256i even_counters = _mm256_unpacklo_epi64(front, back);
        const __m256i odd_counters = _mm256_unpackhi_epi64(front, back);
        auto* const to = reinterpret_cast<__m256i*>(out);
        _mm256_storeu_si256(to, _mm256_permute2x128_si256(even_counters, odd_counters, 0x20));
        _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even_counters, odd_counters, 0x31));
    }
}
#endif

/// Names one sequence of draws: (seed, stream, entity, sub-entity); the counter runs inside it.
struct RandomKey {
    std::uint64_t seed;
    Stream stream;
    std::uint32_t entity;  // at most 2^32 - 1; the stream's comment says what it is
    std::uint32_t sub_entity;
    std::uint32_t variant = 0;  // below 2^24

    /// Words 4*block .. 4*block+3 of the sequence.
    SNN_HD Philox4 draw(std::uint32_t block) const {
        return philox(low_key(), high_key(), counter(block));
    }

    /// Words 4*block .. 4*block + Count - 1; Count is a multiple of 4.
    template <int Count>
    SNN_HD void draw(std::uint32_t block, std::uint32_t (&words)[Count]) const {
        static_assert(Count % 4 == 0);
#if defined(__AVX2__) && !defined(__CUDA_ARCH__)
        if constexpr (Count % 16 == 0) {
            philox_avx2<Count / 16>(low_key(), high_key(), counter(block), words);
            return;
        }
#endif
        for (int k = 0; k < Count; k += 4) {
            const Philox4 four = draw(block + static_cast<std::uint32_t>(k) / 4);
            for (int w = 0; w < 4; ++w) words[k + w] = four.word[w];
        }
    }

  private:
    SNN_HD std::uint32_t low_key() const {
        return static_cast<std::uint32_t>(seed);
    }
    SNN_HD std::uint32_t high_key() const {
        return static_cast<std::uint32_t>(seed >> 32);
    }
    SNN_HD Philox4 counter(std::uint32_t block) const {
        return {{block, sub_entity, entity, static_cast<std::uint32_t>(stream) | variant << 8}};
    }
};

/// A float in [0, 1) with 24 random bits.
SNN_HD inline float uniform(std::uint32_t word) {
    return static_cast<float>(word >> 8) * (1.0f / 16777216.0f);
}

}  // namespace snnsim
