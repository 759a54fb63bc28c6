// exp and log from exactly rounded operations only, so that every machine gives the same bits.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

SNN_HD inline float bits_to_float(std::uint32_t bits) {
    return __builtin_bit_cast(float, bits);
}
SNN_HD inline std::uint32_t float_to_bits(float x) {
    return __builtin_bit_cast(std::uint32_t, x);
}

/// e^r - 1 and n of x = n ln 2 + r, |r| <= ln 2 / 2 (Cody-Waite reduction), by a polynomial of
/// degree 6.
struct ReducedExp {
    float less_one, n;
};
[[gnu::always_inline]] SNN_HD inline ReducedExp reduced_exp(float x) {
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    const float shifted = fused(x, 1.44269504f, magic);
    const float n = shifted - magic;
    float r = fused(n, -0.693359375f, x);
    r = fused(n, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;  // minimax coefficients of Cephes' expf (Moshier)
    p = fused(p, r, 1.3981999507e-3f);
    p = fused(p, r, 8.3334519073e-3f);
    p = fused(p, r, 4.1665795894e-2f);
    p = fused(p, r, 1.6666665459e-1f);
    p = fused(p, r, 5.0000001201e-1f);
    return {fused(p * r, r, r), n};
}

/// e^x within 1.1 ulp for -87.3 < x <= 88.72, and only there.
[[gnu::always_inline]] SNN_HD inline float exp_in_range(float x) {
    const ReducedExp e = reduced_exp(x);
    const float p = e.less_one + 1.0f;
    // 2^n in two factors: n reaches 128, whose single factor would overflow.
    const auto whole = static_cast<std::int32_t>(e.n);
    const std::int32_t half = whole / 2;
    return p * bits_to_float(static_cast<std::uint32_t>(half + 127) << 23) *
           bits_to_float(static_cast<std::uint32_t>(whole - half + 127) << 23);
}

/// e^x - 1 within 2 ulp for -87 <= x <= 0, and only there.
[[gnu::always_inline]] SNN_HD inline float expm1_below_zero(float x) {
    const ReducedExp e = reduced_exp(x);
    const float scale =
        bits_to_float(static_cast<std::uint32_t>(static_cast<std::int32_t>(e.n) + 127) << 23);
    return fused(scale, e.less_one, scale - 1.0f);
}

/// e^x; 0 below -87.3 (results that would be denormal), inf above 88.72. Without branches, so that
/// loops become vector instructions.
SNN_HD inline float exact_exp(float x) {
    const bool vanishes = !(x > -87.3f), overflows = x > 88.72f;
    float p = exp_in_range(vanishes || overflows ? 0.0f : x);
    p = overflows ? bits_to_float(0x7F800000u) : p;
    p = vanishes ? 0.0f : p;
    return x != x ? x : p;
}

/// ln x within 2 ulp for normal x > 0; -inf at 0, NaN below.
SNN_HD inline float exact_log(float x) {
    if (!(x > 0.0f)) return x == 0.0f ? bits_to_float(0xFF800000u) : bits_to_float(0x7FC00000u);
    const std::uint32_t bits = float_to_bits(x);
    // m in [sqrt(1/2), sqrt(2)) and the exponent that goes with it.
    const std::int32_t e = static_cast<std::int32_t>((bits - 0x3F3504F3u)) >> 23;
    const float m = bits_to_float(bits - (static_cast<std::uint32_t>(e) << 23));
    const float f = m - 1.0f;
    const float s = f / (2.0f + f);  // ln m = 2 atanh(s)
    const float z = s * s;
    float p = fused(z, 0.22222222f, 0.28571429f);
    p = fused(p, z, 0.4f);
    p = fused(p, z, 0.66666667f);
    const float n = static_cast<float>(e);
    // The large terms are added last and exactly split, as in fdlibm.
    const float low = fused(n, -2.12194440e-4f, fused(p * z, s, 0.0f));
    return fused(n, 0.693359375f, fused(2.0f, s, low));
}

}  // namespace snnsim
