// Integer arithmetic.
#include "decode.hpp"
#include "lanes.hpp"

namespace ptxrun {
namespace {

template <class T>
struct Wide;
template <>
struct Wide<std::uint16_t> {
    using type = std::uint32_t;
};
template <>
struct Wide<std::int16_t> {
    using type = std::int32_t;
};
template <>
struct Wide<std::uint32_t> {
    using type = std::uint64_t;
};
template <>
struct Wide<std::int32_t> {
    using type = std::int64_t;
};
template <>
struct Wide<std::uint64_t> {
    using type = unsigned __int128;
};
template <>
struct Wide<std::int64_t> {
    using type = __int128;
};
template <class T>
using wide = typename Wide<T>::type;
template <class T>
using bare = std::make_unsigned_t<T>;

template <class T>
T wrap_add(T a, T b) {
    return static_cast<T>(static_cast<bare<T>>(a) + static_cast<bare<T>>(b));
}
template <class T>
T wrap_sub(T a, T b) {
    return static_cast<T>(static_cast<bare<T>>(a) - static_cast<bare<T>>(b));
}
template <class T>
T wrap_mul(T a, T b) {
    using U = std::conditional_t<sizeof(T) == 2, std::uint32_t, bare<T>>;
    return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
}
template <class T>
T high_mul(T a, T b) {
    return static_cast<T>((static_cast<wide<T>>(a) * static_cast<wide<T>>(b)) >> (sizeof(T) * 8));
}
std::int32_t saturate(std::int64_t v) {
    return static_cast<std::int32_t>(v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : v);
}

template <class T>
struct Add {
    T operator()(T a, T b) const { return wrap_add(a, b); }
};
template <class T>
struct Sub {
    T operator()(T a, T b) const { return wrap_sub(a, b); }
};
template <class T>
struct MulLo {
    T operator()(T a, T b) const { return wrap_mul(a, b); }
};
template <class T>
struct MulHi {
    T operator()(T a, T b) const { return high_mul(a, b); }
};
template <class T>
struct Min {
    T operator()(T a, T b) const { return b < a ? b : a; }
};
template <class T>
struct Max {
    T operator()(T a, T b) const { return a < b ? b : a; }
};
template <class T>
struct Div {
    T operator()(T a, T b) const {
        if (b == 0) return static_cast<T>(-1);
        if constexpr (std::is_signed_v<T>)
            if (b == -1) return wrap_sub<T>(0, a);
        return static_cast<T>(a / b);
    }
};
template <class T>
struct Rem {
    T operator()(T a, T b) const {
        if (b == 0) return a;
        if constexpr (std::is_signed_v<T>)
            if (b == -1) return 0;
        return static_cast<T>(a % b);
    }
};
template <class T>
struct MadLo {
    T operator()(T a, T b, T c) const { return wrap_add(wrap_mul(a, b), c); }
};
template <class T>
struct MadHi {
    T operator()(T a, T b, T c) const { return wrap_add(high_mul(a, b), c); }
};
template <class T>
struct Sad {
    T operator()(T a, T b, T c) const {
        return wrap_add(c, a < b ? wrap_sub(b, a) : wrap_sub(a, b));
    }
};
template <class T>
struct Abs {
    T operator()(T a) const { return a < 0 ? wrap_sub<T>(0, a) : a; }
};
template <class T>
struct Neg {
    T operator()(T a) const { return wrap_sub<T>(0, a); }
};
struct AddSat {
    std::int32_t operator()(std::int32_t a, std::int32_t b) const {
        return saturate(std::int64_t{a} + b);
    }
};
struct SubSat {
    std::int32_t operator()(std::int32_t a, std::int32_t b) const {
        return saturate(std::int64_t{a} - b);
    }
};
struct MadHiSat {
    std::int32_t operator()(std::int32_t a, std::int32_t b, std::int32_t c) const {
        return saturate(std::int64_t{high_mul(a, b)} + c);
    }
};

template <template <class> class F>
Handler pick_binary(Type t) {
    return for_integer(t, []<class T>() -> Handler { return binary<T, T, F<T>>; });
}
template <template <class> class F>
Handler pick_unary(Type t) {
    return for_integer(t, []<class T>() -> Handler { return unary<T, T, F<T>>; });
}
template <template <class> class F>
Handler pick_ternary(Type t) {
    return for_integer(t, []<class T>() -> Handler { return ternary<T, T, F<T>>; });
}

template <class T>
void mul_wide(Warp& w, const Insn& i, std::uint32_t m) {
    each(
        m, w.reg<wide<T>>(i.r[0]),
        [](T a, T b) { return static_cast<wide<T>>(a) * static_cast<wide<T>>(b); },
        w.reg<T>(i.r[1]), w.reg<T>(i.r[2]));
}
template <class T>
void mad_wide(Warp& w, const Insn& i, std::uint32_t m) {
    each(
        m, w.reg<wide<T>>(i.r[0]),
        [](T a, T b, wide<T> c) {
            return wrap_add(static_cast<wide<T>>(static_cast<wide<T>>(a) * static_cast<wide<T>>(b)),
                            c);
        },
        w.reg<T>(i.r[1]), w.reg<T>(i.r[2]), w.reg<wide<T>>(i.r[3]));
}
Type widened(Type t) {
    switch (t) {
        case Type::u16:
            return Type::u32;
        case Type::s16:
            return Type::s32;
        case Type::u32:
            return Type::u64;
        case Type::s32:
            return Type::s64;
        default:
            return Type::none;
    }
}

// With the carry flag: variant 1 reads it, variant 2 writes it. A subtraction keeps the borrow
// there.
template <class T, bool subtract>
void with_carry(Warp& w, const Insn& i, std::uint32_t m) {
    T *d = w.reg<T>(i.r[0]), *a = w.reg<T>(i.r[1]), *b = w.reg<T>(i.r[2]);
    std::uint32_t out = 0;
    one_by_one(m, [&](int l) {
        const unsigned in = (i.variant & 1) ? w.carry >> l & 1 : 0;
        const unsigned __int128 x = a[l], y = b[l];
        const unsigned __int128 r = subtract ? x - y - in : x + y + in;
        d[l] = static_cast<T>(r);
        out |= static_cast<std::uint32_t>((r >> (sizeof(T) * 8)) & 1) << l;
    });
    if (i.variant & 2) set_pred(w.carry, m, out);
}
template <class T, bool high>
void mad_with_carry(Warp& w, const Insn& i, std::uint32_t m) {
    T *d = w.reg<T>(i.r[0]), *a = w.reg<T>(i.r[1]), *b = w.reg<T>(i.r[2]), *c = w.reg<T>(i.r[3]);
    std::uint32_t out = 0;
    one_by_one(m, [&](int l) {
        const unsigned in = (i.variant & 1) ? w.carry >> l & 1 : 0;
        const unsigned __int128 x =
            static_cast<bare<T>>(high ? high_mul(a[l], b[l]) : wrap_mul(a[l], b[l]));
        const unsigned __int128 r = x + static_cast<bare<T>>(c[l]) + in;
        d[l] = static_cast<T>(r);
        out |= static_cast<std::uint32_t>((r >> (sizeof(T) * 8)) & 1) << l;
    });
    if (i.variant & 2) set_pred(w.carry, m, out);
}

void two(Line& l, Handler h, Type t) {
    if (!(l.i.run = h)) l.fail("this type is not supported here");
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
}
void three(Line& l, Handler h, Type t) {
    two(l, h, t);
    l.i.r[3] = l.in(3, t);
}
void one(Line& l, Handler h, Type t) {
    if (!(l.i.run = h)) l.fail("this type is not supported here");
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
}

template <bool subtract>
void carry_op(Line& l, bool in) {
    l.i.variant = static_cast<std::uint8_t>((in ? 1 : 0) | (l.take("cc") ? 2 : 0));
    const Type t = l.type();
    two(l,
        size_of(t) == 8 ? Handler{with_carry<std::uint64_t, subtract>}
                        : Handler{with_carry<std::uint32_t, subtract>},
        t);
}

void decode_div(Line& l) {
    const Type t = l.type();
    two(l, pick_binary<Div>(t), t);
}
void decode_rem(Line& l) {
    const Type t = l.type();
    two(l, pick_binary<Rem>(t), t);
}
void decode_sad(Line& l) {
    const Type t = l.type();
    three(l, pick_ternary<Sad>(t), t);
}

struct Mul24 {
    std::uint32_t operator()(std::uint32_t a, std::uint32_t b) const {
        return (a & 0xFFFFFF) * (b & 0xFFFFFF);
    }
};
struct Mul24S {
    std::int32_t operator()(std::int32_t a, std::int32_t b) const {
        return static_cast<std::int32_t>(
            static_cast<std::int64_t>(
                static_cast<std::int32_t>(static_cast<std::uint32_t>(a) << 8) >> 8) *
            (static_cast<std::int32_t>(static_cast<std::uint32_t>(b) << 8) >> 8));
    }
};
void decode_mul24(Line& l) {
    if (!l.take("lo")) l.fail("only mul24.lo is supported");
    const Type t = l.type();
    two(l,
        t == Type::s32 ? Handler{binary<std::int32_t, std::int32_t, Mul24S>}
                       : Handler{binary<std::uint32_t, std::uint32_t, Mul24>},
        t);
}

// Sums of products of bytes; variant: 1 a is signed, 2 b is signed, 4 the upper halves (dp2a.hi).
template <int parts>
void dot_bytes(Warp& w, const Insn& i, std::uint32_t m) {
    std::uint32_t *d = w.reg<std::uint32_t>(i.r[0]), *a = w.reg<std::uint32_t>(i.r[1]),
                  *b = w.reg<std::uint32_t>(i.r[2]), *c = w.reg<std::uint32_t>(i.r[3]);
    one_by_one(m, [&](int l) {
        std::int64_t sum = 0;
        for (int k = 0; k < parts; ++k) {
            const int kb = parts == 2 && (i.variant & 4) ? k + 2 : k;
            std::int64_t x, y;
            if constexpr (parts == 4)
                x = (i.variant & 1) ? std::int64_t{static_cast<std::int8_t>(a[l] >> (8 * k))}
                                    : std::int64_t{static_cast<std::uint8_t>(a[l] >> (8 * k))};
            else
                x = (i.variant & 1) ? std::int64_t{static_cast<std::int16_t>(a[l] >> (16 * k))}
                                    : std::int64_t{static_cast<std::uint16_t>(a[l] >> (16 * k))};
            y = (i.variant & 2) ? std::int64_t{static_cast<std::int8_t>(b[l] >> (8 * kb))}
                                : std::int64_t{static_cast<std::uint8_t>(b[l] >> (8 * kb))};
            sum += x * y;
        }
        d[l] = c[l] + static_cast<std::uint32_t>(sum);
    });
}
template <int parts>
void decode_dot(Line& l) {
    if (parts == 2) {
        if (l.take("hi"))
            l.i.variant |= 4;
        else if (!l.take("lo"))
            l.fail("dp2a needs lo or hi");
    }
    if (l.type() == Type::s32) l.i.variant |= 1;
    if (l.type() == Type::s32) l.i.variant |= 2;
    three(l, dot_bytes<parts>, Type::b32);
}

}  // namespace

// The float kinds of these names are in op_float.cpp, which calls these for integers.
void decode_integer_add(Line& l) {
    if (l.take("sat")) return two(l, binary<std::int32_t, std::int32_t, AddSat>, l.type());
    if (std::find(l.mods.begin(), l.mods.end(), "cc") != l.mods.end())
        return carry_op<false>(l, false);
    const Type t = l.type();
    two(l, pick_binary<Add>(t), t);
}
void decode_integer_sub(Line& l) {
    if (l.take("sat")) return two(l, binary<std::int32_t, std::int32_t, SubSat>, l.type());
    if (std::find(l.mods.begin(), l.mods.end(), "cc") != l.mods.end())
        return carry_op<true>(l, false);
    const Type t = l.type();
    two(l, pick_binary<Sub>(t), t);
}
void decode_integer_mul(Line& l) {
    const auto part = l.take_of({"lo", "hi", "wide"});
    const Type t = l.type();
    if (part == "lo") return two(l, pick_binary<MulLo>(t), t);
    if (part == "hi") return two(l, pick_binary<MulHi>(t), t);
    if (part != "wide" || widened(t) == Type::none) l.fail("mul needs lo, hi or wide");
    l.i.run = t == Type::u16   ? Handler{mul_wide<std::uint16_t>}
              : t == Type::s16 ? Handler{mul_wide<std::int16_t>}
              : t == Type::u32 ? Handler{mul_wide<std::uint32_t>}
                               : Handler{mul_wide<std::int32_t>};
    l.i.r[0] = l.out(0, widened(t));
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
}
void decode_integer_mad(Line& l) {
    const auto part = l.take_of({"lo", "hi", "wide"});
    const bool reads = l.root == "madc", writes = l.take("cc"), sat = l.take("sat");
    const Type t = l.type();
    if (reads || writes) {
        l.i.variant = static_cast<std::uint8_t>((reads ? 1 : 0) | (writes ? 2 : 0));
        const bool high = part == "hi";
        return three(l,
                     for_integer(t,
                                 [&]<class T>() -> Handler {
                                     return high ? Handler{mad_with_carry<T, true>}
                                                 : Handler{mad_with_carry<T, false>};
                                 }),
                     t);
    }
    if (part == "lo") return three(l, pick_ternary<MadLo>(t), t);
    if (part == "hi")
        return three(
            l,
            sat ? Handler{ternary<std::int32_t, std::int32_t, MadHiSat>} : pick_ternary<MadHi>(t),
            t);
    if (part != "wide" || widened(t) == Type::none) l.fail("mad needs lo, hi or wide");
    l.i.run = t == Type::u16   ? Handler{mad_wide<std::uint16_t>}
              : t == Type::s16 ? Handler{mad_wide<std::int16_t>}
              : t == Type::u32 ? Handler{mad_wide<std::uint32_t>}
                               : Handler{mad_wide<std::int32_t>};
    l.i.r[0] = l.out(0, widened(t));
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
    l.i.r[3] = l.in(3, widened(t));
}
void decode_integer_min(Line& l) {
    const Type t = l.type();
    two(l, pick_binary<Min>(t), t);
}
void decode_integer_max(Line& l) {
    const Type t = l.type();
    two(l, pick_binary<Max>(t), t);
}
void decode_integer_abs(Line& l) {
    const Type t = l.type();
    one(l, pick_unary<Abs>(t), t);
}
void decode_integer_neg(Line& l) {
    const Type t = l.type();
    one(l, pick_unary<Neg>(t), t);
}
void decode_integer_div(Line& l) {
    decode_div(l);
}

void add_integer_ops(Ops& ops) {
    ops["rem"] = decode_rem;
    ops["sad"] = decode_sad;
    ops["mul24"] = decode_mul24;
    ops["addc"] = [](Line& l) { carry_op<false>(l, true); };
    ops["subc"] = [](Line& l) { carry_op<true>(l, true); };
    ops["madc"] = decode_integer_mad;
    ops["dp4a"] = decode_dot<4>;
    ops["dp2a"] = decode_dot<2>;
}

}  // namespace ptxrun
