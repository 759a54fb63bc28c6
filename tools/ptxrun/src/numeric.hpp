// Arithmetic as PTX defines it, in one lane.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cmath>
#include <cstdint>

#include "lanes.hpp"

namespace ptxrun {

enum class Round : std::uint8_t { near, zero, down, up };

/// The host's rounding mode for as long as this lives. What it guards must not be inlined around
/// it.
class Rounding {
  public:
    explicit Rounding(Round r) : old_(_mm_getcsr()) {
        static constexpr unsigned bits[] = {0x0000, 0x6000, 0x2000, 0x4000};
        _mm_setcsr((old_ & ~0x6000u) | bits[static_cast<int>(r)]);
    }
    ~Rounding() { _mm_setcsr(old_); }

  private:
    unsigned old_;
};

/// A NaN of the device for any NaN: single-precision results carry no payload.
inline float canonical(float x) {
    return x == x ? x : std::bit_cast<float>(0x7FFFFFFFu);
}
inline double canonical(double x) {
    return x;
}

inline float flush(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return (bits & 0x7F800000u) == 0 ? std::bit_cast<float>(bits & 0x80000000u) : x;
}
inline double flush(double x) {
    return x;
}
template <class T>
inline T saturate01(T x) {
    return x > T(0) ? (x < T(1) ? x : T(1)) : T(0);
}  // NaN: 0

template <class T>
inline T min_of(T a, T b) {
    if (a != a) return canonical(b);
    if (b != b) return a;
    if (a == b) return std::signbit(a) ? a : b;
    return a < b ? a : b;
}
template <class T>
inline T max_of(T a, T b) {
    if (a != a) return canonical(b);
    if (b != b) return a;
    if (a == b) return std::signbit(a) ? b : a;
    return a < b ? b : a;
}

// Rounded once to a narrower format with `bits` of mantissa: a sum of two doubles kept by its last
// bit being odd where inexact.
inline double sum_to_odd(double a, double b) {
    const double s = a + b;
    if (!std::isfinite(s)) return s;
    const double t = s - a;
    const double error = (a - (s - t)) + (b - t);
    if (error == 0) return s;
    const auto bits = std::bit_cast<std::int64_t>(s);
    if (bits & 1) return s;
    return (error > 0) == (s > 0) ? std::bit_cast<double>(bits + 1)
                                  : std::bit_cast<double>(bits - 1);
}

inline double half_value(std::uint16_t h) {
    return static_cast<double>(std::bit_cast<_Float16>(h));
}
inline float bf16_value(std::uint16_t h) {
    return std::bit_cast<float>(std::uint32_t{h} << 16);
}

/// A double rounded to f16 (11 bits) or bf16 (8 bits), by integer steps so that any rounding mode
/// and subnormals come out right.
inline std::uint16_t narrow(double v, Round round, int mantissa, int exponent_bits) {
    const int bias = (1 << (exponent_bits - 1)) - 1, fraction = mantissa - 1;
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(v);
    const std::uint16_t sign = static_cast<std::uint16_t>(bits >> 63 << 15);
    const std::uint16_t infinity =
        static_cast<std::uint16_t>(((1 << exponent_bits) - 1) << fraction);
    if (v != v) return 0x7FFF;
    if (std::isinf(v)) return sign | infinity;
    if (v == 0) return sign;
    int e;
    const double f = std::frexp(std::fabs(v), &e);  // in [0.5, 1)
    int exponent = e - 1, keep = mantissa;
    if (exponent < 1 - bias) keep = mantissa - (1 - bias - exponent);
    if (keep < 0) keep = -1;
    const double scaled = keep >= 0 ? std::ldexp(f, keep) : 0.25;  // exact
    double whole = std::floor(scaled);
    const double rest = scaled - whole;
    bool up = false;
    switch (round) {
        case Round::near:
            up = rest > 0.5 || (rest == 0.5 && std::fmod(whole, 2) == 1);
            break;
        case Round::zero:
            break;
        case Round::down:
            up = rest > 0 && sign;
            break;
        case Round::up:
            up = rest > 0 && !sign;
            break;
    }
    const auto n = static_cast<std::uint32_t>(whole) + up;
    const int biased = std::max(exponent + bias, 1);
    // An implicit bit that appears, or a carry, raises the exponent by itself.
    const std::uint32_t out = (static_cast<std::uint32_t>(biased - 1) << fraction) +
                              (keep >= 0 ? n : static_cast<std::uint32_t>(up));
    if (out >= infinity) {
        const bool stays =
            round == Round::zero || (round == Round::down && !sign) || (round == Round::up && sign);
        return sign | static_cast<std::uint16_t>(stays ? infinity - 1 : infinity);
    }
    return sign | static_cast<std::uint16_t>(out);
}
inline std::uint16_t to_half(double v, Round r = Round::near) {
    return narrow(v, r, 11, 5);
}
inline std::uint16_t to_bf16(double v, Round r = Round::near) {
    return narrow(v, r, 8, 8);
}

}  // namespace ptxrun
