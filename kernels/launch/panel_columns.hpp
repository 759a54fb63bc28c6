// Sixteen columns at once, for the CPU.
#pragma once

#include <cstdint>

#include "kernels/lanes.hpp"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#endif

namespace snnsim {

// A call per row would take as long as its arithmetic, and g++ 12 makes one where a body grows
// large.
#define SNN_INLINE inline __attribute__((always_inline))

/// A whole panel: what a CPU thread holds, in two vectors of eight.
struct PanelColumns {
    using Eight = float __attribute__((vector_size(32)));
    Eight low{}, high{};
};

SNN_INLINE PanelColumns load_columns(const float* from, PanelColumns) {
    PanelColumns x;
    __builtin_memcpy(&x.low, from, 32);
    __builtin_memcpy(&x.high, from + 8, 32);
    return x;
}
SNN_INLINE void store_columns(float* to, const PanelColumns& x) {
    __builtin_memcpy(to, &x.low, 32);
    __builtin_memcpy(to + 8, &x.high, 32);
}
SNN_INLINE PanelColumns broadcast(float x, PanelColumns) {
    const PanelColumns::Eight all{x, x, x, x, x, x, x, x};
    return {all, all};
}
SNN_INLINE PanelColumns add(const PanelColumns& a, const PanelColumns& b) {
    return {a.low + b.low, a.high + b.high};
}
/// Bits that are in both: columns of x, or zeros, by a mask.
SNN_INLINE PanelColumns both_bits(const PanelColumns& mask, const PanelColumns& x) {
    using Bits = std::int32_t __attribute__((vector_size(32)));
    return {(PanelColumns::Eight)((Bits)mask.low & (Bits)x.low),
            (PanelColumns::Eight)((Bits)mask.high & (Bits)x.high)};
}
SNN_INLINE PanelColumns::Eight fused_eight(PanelColumns::Eight a, PanelColumns::Eight b,
                                           PanelColumns::Eight c) {
#if defined(__AVX2__) && defined(__FMA__)
    return (PanelColumns::Eight)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    for (int i = 0; i < 8; ++i) c[i] = fused(a[i], b[i], c[i]);
    return c;
#endif
}
SNN_INLINE PanelColumns fused(const PanelColumns& a, const PanelColumns& b, const PanelColumns& c) {
    return {fused_eight(a.low, b.low, c.low), fused_eight(a.high, b.high, c.high)};
}

}  // namespace snnsim
