// Does one thing in every active lane: the loops that the host's vector unit runs.
#pragma once

#include <bit>
#include <cstring>
#include <type_traits>

#include "machine.hpp"

namespace ptxrun {

/// d[l] = f(a[l]...) in the lanes of mask. f must be defined for any value: idle lanes are computed
/// too.
template <class D, class F, class... A>
inline void each(std::uint32_t mask, D* d, F f, const A*... a) {
    if (mask == all_lanes) {
#pragma GCC ivdep
        for (int l = 0; l < lanes; ++l) d[l] = f(a[l]...);
    } else {
        alignas(64) D t[lanes];
#pragma GCC ivdep
        for (int l = 0; l < lanes; ++l) t[l] = f(a[l]...);
#pragma GCC ivdep
        for (int l = 0; l < lanes; ++l) d[l] = (mask >> l & 1) ? t[l] : d[l];
    }
}

/// The same lane by lane, for what is slow or has effects.
template <class F>
inline void one_by_one(std::uint32_t mask, F f) {
    for (; mask; mask &= mask - 1) f(std::countr_zero(mask));
}

/// A bit a lane.
template <class F, class... A>
inline std::uint32_t bits_of(F f, const A*... a) {
    std::uint32_t bits = 0;
#pragma omp simd reduction(| : bits)
    for (int l = 0; l < lanes; ++l) bits |= static_cast<std::uint32_t>(f(a[l]...)) << l;
    return bits;
}
inline void set_pred(std::uint32_t& p, std::uint32_t mask, std::uint32_t bits) {
    p = (p & ~mask) | (bits & mask);
}

template <class T, class D, class F>
void unary(Warp& w, const Insn& i, std::uint32_t m) {
    each(m, w.reg<D>(i.r[0]), F{}, w.reg<T>(i.r[1]));
}
template <class T, class D, class F>
void binary(Warp& w, const Insn& i, std::uint32_t m) {
    each(m, w.reg<D>(i.r[0]), F{}, w.reg<T>(i.r[1]), w.reg<T>(i.r[2]));
}
template <class T, class D, class F>
void ternary(Warp& w, const Insn& i, std::uint32_t m) {
    each(m, w.reg<D>(i.r[0]), F{}, w.reg<T>(i.r[1]), w.reg<T>(i.r[2]), w.reg<T>(i.r[3]));
}

/// f.operator()<T>() for the C++ type of an integer of at least 16 bits; bits count as unsigned.
template <class F>
Handler for_integer(Type t, F f) {
    switch (t) {
        case Type::b16:
        case Type::u16:
            return f.template operator()<std::uint16_t>();
        case Type::s16:
            return f.template operator()<std::int16_t>();
        case Type::b32:
        case Type::u32:
            return f.template operator()<std::uint32_t>();
        case Type::s32:
            return f.template operator()<std::int32_t>();
        case Type::b64:
        case Type::u64:
            return f.template operator()<std::uint64_t>();
        case Type::s64:
            return f.template operator()<std::int64_t>();
        default:
            return nullptr;
    }
}

template <class To, class From>
inline To bits_as(From v) {
    static_assert(sizeof(To) == sizeof(From));
    To t;
    std::memcpy(&t, &v, sizeof t);
    return t;
}

}  // namespace ptxrun
