// Comparisons and selections.
#include <algorithm>

#include "decode.hpp"
#include "lanes.hpp"
#include "numeric.hpp"

namespace ptxrun {
namespace {

using u32 = std::uint32_t;

template <class T>
struct Eq {
    static bool of(T a, T b) { return a == b; }
};
template <class T>
struct Ne {
    static bool of(T a, T b) { return (a < b) | (a > b); }
};  // of numbers only
template <class T>
struct Lt {
    static bool of(T a, T b) { return a < b; }
};
template <class T>
struct Le {
    static bool of(T a, T b) { return a <= b; }
};
template <class T>
struct Gt {
    static bool of(T a, T b) { return a > b; }
};
template <class T>
struct Ge {
    static bool of(T a, T b) { return a >= b; }
};
template <class T>
struct Equ {
    static bool of(T a, T b) { return !((a < b) | (a > b)); }
};
template <class T>
struct Neu {
    static bool of(T a, T b) { return !(a == b); }
};
template <class T>
struct Ltu {
    static bool of(T a, T b) { return !(a >= b); }
};
template <class T>
struct Leu {
    static bool of(T a, T b) { return !(a > b); }
};
template <class T>
struct Gtu {
    static bool of(T a, T b) { return !(a <= b); }
};
template <class T>
struct Geu {
    static bool of(T a, T b) { return !(a < b); }
};
template <class T>
struct Num {
    static bool of(T a, T b) { return (a == a) & (b == b); }
};
template <class T>
struct Nan {
    static bool of(T a, T b) { return (a != a) | (b != b); }
};

// Also of setp with a second predicate and of set; variant: 1 and, 2 or, 3 xor; 4 .ftz.
template <class T, class C>
void setp(Warp& w, const Insn& i, u32 m) {
    u32 bits;
    if constexpr (std::is_same_v<T, float>) {
        if (i.variant & 4)
            bits = bits_of([](T a, T b) { return C::of(flush(a), flush(b)); }, w.reg<T>(i.r[2]),
                           w.reg<T>(i.r[3]));
        else
            bits =
                bits_of([](T a, T b) { return C::of(a, b); }, w.reg<T>(i.r[2]), w.reg<T>(i.r[3]));
    } else {
        bits = bits_of([](T a, T b) { return C::of(a, b); }, w.reg<T>(i.r[2]), w.reg<T>(i.r[3]));
    }
    u32 other = ~bits;
    if (const int join = i.variant & 3) {
        const u32 c = w.pred(i.r[4]);
        const auto combine = [&](u32 x) { return join == 1 ? x & c : join == 2 ? x | c : x ^ c; };
        bits = combine(bits);
        other = combine(other);
    }
    if (i.r[1] != no_ref) set_pred(w.pred(i.r[1]), m, other);
    set_pred(w.pred(i.r[0]), m, bits);
}

template <template <class> class C>
Handler pick(Type t) {
    switch (t) {
        case Type::b16:
        case Type::u16:
            return setp<std::uint16_t, C<std::uint16_t>>;
        case Type::s16:
            return setp<std::int16_t, C<std::int16_t>>;
        case Type::b32:
        case Type::u32:
            return setp<u32, C<u32>>;
        case Type::s32:
            return setp<std::int32_t, C<std::int32_t>>;
        case Type::b64:
        case Type::u64:
            return setp<std::uint64_t, C<std::uint64_t>>;
        case Type::s64:
            return setp<std::int64_t, C<std::int64_t>>;
        case Type::f32:
            return setp<float, C<float>>;
        case Type::f64:
            return setp<double, C<double>>;
        default:
            return nullptr;
    }
}
Handler comparison(const std::string& name, Type t) {
    if (name == "eq") return pick<Eq>(t);
    if (name == "ne") return pick<Ne>(t);
    if (name == "lt" || name == "lo") return pick<Lt>(t);
    if (name == "le" || name == "ls") return pick<Le>(t);
    if (name == "gt" || name == "hi") return pick<Gt>(t);
    if (name == "ge" || name == "hs") return pick<Ge>(t);
    if (name == "equ") return pick<Equ>(t);
    if (name == "neu") return pick<Neu>(t);
    if (name == "ltu") return pick<Ltu>(t);
    if (name == "leu") return pick<Leu>(t);
    if (name == "gtu") return pick<Gtu>(t);
    if (name == "geu") return pick<Geu>(t);
    if (name == "num") return pick<Num>(t);
    if (name == "nan") return pick<Nan>(t);
    return nullptr;
}
const std::initializer_list<const char*> comparisons = {"eq",  "ne",  "lt",  "le",  "gt",  "ge",
                                                        "lo",  "ls",  "hi",  "hs",  "equ", "neu",
                                                        "ltu", "leu", "gtu", "geu", "num", "nan"};

template <bool brain>
void widen_half(Warp& w, const Insn& i, u32 m) {
    each(
        m, w.reg<float>(i.r[0]),
        [](std::uint16_t h) { return brain ? bf16_value(h) : static_cast<float>(half_value(h)); },
        w.reg<std::uint16_t>(i.r[1]));
}
/// A half as f32, in a register of its own.
Ref as_float(Line& l, std::size_t k, Type t) {
    Insn x;
    x.run = t == Type::bf16 ? widen_half<true> : widen_half<false>;
    x.r[1] = l.in(k, Type::b16);
    x.r[0] = l.temporary(Type::f32);
    l.emit(x);
    return x.r[0];
}

void inputs(Line& l, const std::string& compare, Type t) {
    if (t == Type::f16 || t == Type::bf16) {
        l.i.r[2] = as_float(l, 1, t);
        l.i.r[3] = as_float(l, 2, t);
        t = Type::f32;
    } else {
        l.i.r[2] = l.in(1, t);
        l.i.r[3] = l.in(2, t);
    }
    if (!(l.i.run = comparison(compare, t))) l.fail("this comparison or type is not supported");
}

void decode_setp(Line& l) {
    const auto compare = l.take_of(comparisons);
    const auto join = l.take_of({"and", "or", "xor"});
    l.i.variant = join == "and" ? 1 : join == "or" ? 2 : join == "xor" ? 3 : 0;
    if (l.take("ftz")) l.i.variant |= 4;
    const Type t = l.type();
    inputs(l, compare, t);
    if (!join.empty()) l.i.r[4] = l.pred(3);
    const Operand& d = l.operand(0);
    if (!d.parts.empty()) l.i.r[1] = l.out(d.parts[0], Type::pred);
    l.i.r[0] = l.out(0, Type::pred);
}

void spread_bits(Warp& w, const Insn& i, u32 m) {
    const u32 p = w.pred(i.r[1]), yes = static_cast<u32>(i.imm);
    u32* d = w.reg<u32>(i.r[0]);
    for (int l = 0; l < lanes; ++l)
        if (m >> l & 1) d[l] = (p >> l & 1) ? yes : 0;
}
void decode_set(Line& l) {
    const auto compare = l.take_of(comparisons);
    const auto join = l.take_of({"and", "or", "xor"});
    l.i.variant = join == "and" ? 1 : join == "or" ? 2 : join == "xor" ? 3 : 0;
    if (l.take("ftz")) l.i.variant |= 4;
    const Type d = l.type(), t = l.type();
    if (size_of(d) != 4) l.fail("set to this type is not supported");
    inputs(l, compare, t);
    if (!join.empty()) l.i.r[4] = l.pred(3);
    l.i.r[0] = l.temporary(Type::pred);
    const Ref p = l.i.r[0];
    l.emit(l.i);
    l.i = Insn{};
    l.i.run = spread_bits;
    l.i.imm = d == Type::f32 ? 0x3F800000 : 0xFFFFFFFF;
    l.i.r[0] = l.out(0, d);
    l.i.r[1] = p;
}

template <class T>
void selp(Warp& w, const Insn& i, u32 m) {
    const u32 p = w.pred(i.r[3]);
    T *d = w.reg<T>(i.r[0]), *a = w.reg<T>(i.r[1]), *b = w.reg<T>(i.r[2]);
    if (m == all_lanes) {
#pragma GCC ivdep
        for (int l = 0; l < lanes; ++l) d[l] = (p >> l & 1) ? a[l] : b[l];
    } else {
#pragma GCC ivdep
        for (int l = 0; l < lanes; ++l) {
            const T v = (p >> l & 1) ? a[l] : b[l];
            d[l] = (m >> l & 1) ? v : d[l];
        }
    }
}
void decode_selp(Line& l) {
    const Type t = l.type();
    l.i.run = size_of(t) == 2   ? Handler{selp<std::uint16_t>}
              : size_of(t) == 8 ? Handler{selp<std::uint64_t>}
                                : Handler{selp<u32>};
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
    l.i.r[3] = l.pred(3);
    l.i.r[0] = l.out(0, t);
}
template <class T, class S>
void slct(Warp& w, const Insn& i, u32 m) {
    each(
        m, w.reg<T>(i.r[0]), [](T a, T b, S c) { return c >= 0 ? a : b; }, w.reg<T>(i.r[1]),
        w.reg<T>(i.r[2]), w.reg<S>(i.r[3]));
}
void decode_slct(Line& l) {
    l.take("ftz");
    const Type t = l.type(), c = l.type();
    const bool f = c == Type::f32;
    l.i.run =
        size_of(t) == 2
            ? (f ? Handler{slct<std::uint16_t, float>} : Handler{slct<std::uint16_t, std::int32_t>})
        : size_of(t) == 8
            ? (f ? Handler{slct<std::uint64_t, float>} : Handler{slct<std::uint64_t, std::int32_t>})
            : (f ? Handler{slct<u32, float>} : Handler{slct<u32, std::int32_t>});
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
    l.i.r[3] = l.in(3, c);
}

}  // namespace

void add_compare_ops(Ops& ops) {
    ops["setp"] = decode_setp;
    ops["set"] = decode_set;
    ops["selp"] = decode_selp;
    ops["slct"] = decode_slct;
}

}  // namespace ptxrun
