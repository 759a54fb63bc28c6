// What equations of the model file are computed with, one operation a function. The CPU runs each
// over a block of cells, a GPU all of them for one cell; both call these, and give the same bits.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/flushed.hpp"
#include "kernels/math/fused.hpp"
#include "kernels/math/sin.hpp"
#include "kernels/math/tanh.hpp"

namespace snnsim {

enum class EquationOp : std::uint8_t {
    // what there is before a step
    number,
    parameter,
    dt,
    propagator,  // see LinearSystem
    state,
    arrival,  // sum of the weights that arrive at a receptor
    current,  // of stimuli
    time,     // at the start of the step, ms
    uniform,  // random numbers
    normal,
    // of one value
    negate,
    absolute,
    root,
    exponential,
    exponential_less_one,
    relative_exponential,  // (e^x - 1) / x
    logarithm,
    sine,
    cosine,
    hyperbolic_tangent,
    floor,
    sign,
    opposite,   // of a condition
    countdown,  // one less, down to 0
    flushed,
    // of two
    add,
    subtract,
    multiply,
    divide,
    power,
    least,
    greatest,
    less,
    less_equal,
    equal,
    conjunction,
    disjunction,
    exclusion,  // a and not b
    // of three
    fused,          // a b + c
    fused_less,     // a b - c
    fused_from,     // c - a b
    fused_flushed,  // a b + c, flushed
    select,         // a ? b : c
};

/// A uniform number in (0, 1) of a random word.
SNN_HD inline float share_of(std::uint32_t word) {
    return (static_cast<float>(word >> 9) + 0.5f) * (1.0f / 8388608.0f);
}

/// Conditions are 1 and 0.
SNN_HD inline float as_number(bool condition) {
    return condition ? 1.0f : 0.0f;
}

/// e^x - 1 within 2 ulp; inf above 88.7.
SNN_HD inline float exact_expm1(float x) {
    const bool low = !(x > -87.0f), high = x > 88.0f;
    const ReducedExp e = reduced_exp(low || high ? 0.0f : x);
    const float scale =
        bits_to_float(static_cast<std::uint32_t>(static_cast<std::int32_t>(e.n) + 127) << 23);
    float y = fused(scale, e.less_one, scale - 1.0f);
    y = low ? -1.0f : y;
    y = high ? exact_exp(x) : y;
    return x != x ? x : y;
}

/// (e^x - 1) / x, and 1 at 0.
SNN_HD inline float exact_exprel(float x) {
    const bool none = x == 0.0f;
    const float y = exact_expm1(x) / (none ? 1.0f : x);
    return none ? 1.0f : y;
}

/// The sine of x radians, and of `turns_ahead` turns more: its phase is exact to 2^-24 of a turn
/// and to the digits of x.
SNN_HD inline float exact_sin(float x, float turns_ahead) {
    const float turns = x * 0.15915494309f;
    const bool sound = turns < 8388608.0f && turns > -8388608.0f;  // beyond, x has no such digits
    const float part = (sound ? turns - floorf(turns) : 0.0f) + turns_ahead;
    const float one = part >= 1.0f ? part - 1.0f : part;
    const auto phase = static_cast<std::uint32_t>(static_cast<std::int32_t>(one * 16777216.0f))
                       << 8;
    return sin_of_turns(phase) + (x - x);  // no number where x is none
}

/// x to the power y, of x >= 0; NaN below. A whole number y is multiplied out before it comes here.
SNN_HD inline float exact_pow(float x, float y) {
    const float p = exact_exp(y * exact_log(x));
    const bool zero = x == 0.0f;
    const float of_zero = y > 0.0f ? 0.0f : y == 0.0f ? 1.0f : bits_to_float(0x7F800000u);
    return zero ? of_zero : p;
}

/// One value of each operation but those that stand for what there is.
template <EquationOp op>
SNN_HD inline float equation_op(float a, float b, float c) {
    using Op = EquationOp;
    if constexpr (op == Op::negate) return -a;
    if constexpr (op == Op::absolute) return a < 0.0f ? -a : a;
    if constexpr (op == Op::root) return sqrtf(a);
    if constexpr (op == Op::exponential) return exact_exp(a);
    if constexpr (op == Op::exponential_less_one) return exact_expm1(a);
    if constexpr (op == Op::relative_exponential) return exact_exprel(a);
    if constexpr (op == Op::logarithm) return exact_log(a);
    if constexpr (op == Op::sine) return exact_sin(a, 0.0f);
    if constexpr (op == Op::cosine) return exact_sin(a, 0.25f);
    if constexpr (op == Op::hyperbolic_tangent) return exact_tanh(a);
    if constexpr (op == Op::floor) return floorf(a);
    if constexpr (op == Op::sign) return a > 0.0f ? 1.0f : a < 0.0f ? -1.0f : 0.0f;
    if constexpr (op == Op::opposite) return as_number(a == 0.0f);
    if constexpr (op == Op::countdown) return a > 1.0f ? a - 1.0f : 0.0f;
    if constexpr (op == Op::flushed) return flushed(a);
    if constexpr (op == Op::add) return a + b;
    if constexpr (op == Op::subtract) return a - b;
    if constexpr (op == Op::multiply) return a * b;
    if constexpr (op == Op::divide) return a / b;
    if constexpr (op == Op::power) return exact_pow(a, b);
    if constexpr (op == Op::least) return b < a ? b : a;
    if constexpr (op == Op::greatest) return b > a ? b : a;
    if constexpr (op == Op::less) return as_number(a < b);
    if constexpr (op == Op::less_equal) return as_number(a <= b);
    if constexpr (op == Op::equal) return as_number(a == b);
    if constexpr (op == Op::conjunction) return as_number((a != 0.0f) & (b != 0.0f));
    if constexpr (op == Op::disjunction) return as_number((a != 0.0f) | (b != 0.0f));
    if constexpr (op == Op::exclusion) return as_number((a != 0.0f) & (b == 0.0f));
    if constexpr (op == Op::fused) return fused(a, b, c);
    if constexpr (op == Op::fused_less) return fused(a, b, -c);
    if constexpr (op == Op::fused_from) return fused(-a, b, c);
    if constexpr (op == Op::fused_flushed) return flushed(fused(a, b, c));
    if constexpr (op == Op::select) return a != 0.0f ? b : c;
    return 0.0f;
}

/// How many values an operation takes.
constexpr int operands_of(EquationOp op) {
    if (op < EquationOp::negate) return 0;
    if (op < EquationOp::add) return 1;
    return op < EquationOp::fused ? 2 : 3;
}

}  // namespace snnsim
