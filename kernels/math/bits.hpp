// Bits of a word.
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
SNN_HD inline int count_bits(std::uint32_t word) {
#ifdef __CUDA_ARCH__
    return __popc(word);
#else
    return __builtin_popcount(word);
#endif
}

}  // namespace snnsim
