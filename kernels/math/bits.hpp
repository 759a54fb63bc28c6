// Bits of a word, and choices that compilers make no branches of.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"

namespace snnsim {

SNN_HD inline int lowest_bit(std::uint32_t word) {
#ifdef __CUDA_ARCH__
    return __ffs(static_cast<int>(word)) - 1;
#else
    return __builtin_ctz(word);
#endif
}
SNN_HD inline int highest_bit(std::uint32_t word) {
#ifdef __CUDA_ARCH__
    return 31 - __clz(static_cast<int>(word));
#else
    return 31 - __builtin_clz(word);
#endif
}
SNN_HD inline int count_bits(std::uint32_t word) {
#ifdef __CUDA_ARCH__
    return __popc(word);
#else
    return __builtin_popcount(word);
#endif
}

/// All bits where `x`.
SNN_HD inline std::uint32_t mask_of(bool x) {
    return x ? 0xFFFFFFFFu : 0u;
}
/// a where the mask has its bits, else b. In a loop over cells a condition that is the same for all
/// keeps a compiler from making vector instructions; this does not.
SNN_HD inline float chosen(std::uint32_t mask, float a, float b) {
    return __builtin_bit_cast(float, (__builtin_bit_cast(std::uint32_t, a) & mask) |
                                         (__builtin_bit_cast(std::uint32_t, b) & ~mask));
}

}  // namespace snnsim
