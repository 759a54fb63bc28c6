// Bits: logic, shifts, fields, permutations; also of predicates.
#include "decode.hpp"
#include "lanes.hpp"

namespace ptxrun {
namespace {

using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

template <class T>
struct And {
    T operator()(T a, T b) const { return a & b; }
};
template <class T>
struct Or {
    T operator()(T a, T b) const { return a | b; }
};
template <class T>
struct Xor {
    T operator()(T a, T b) const { return a ^ b; }
};
template <class T>
struct Not {
    T operator()(T a) const { return static_cast<T>(~a); }
};
template <class T>
struct Cnot {
    T operator()(T a) const { return a == 0; }
};

template <class F>
void logic_pred(Warp& w, const Insn& i, u32 m) {
    set_pred(w.pred(i.r[0]), m, F{}(w.pred(i.r[1]), w.pred(i.r[2])));
}
void not_pred(Warp& w, const Insn& i, u32 m) {
    set_pred(w.pred(i.r[0]), m, ~w.pred(i.r[1]));
}

template <template <class> class F>
void decode_logic(Line& l) {
    const Type t = l.type();
    if (t == Type::pred) {
        l.i.run = logic_pred<F<u32>>;
        l.i.r[1] = l.pred(1);
        l.i.r[2] = l.pred(2);
        l.i.r[0] = l.out(0, t);
        return;
    }
    l.i.run = for_integer(t, []<class T>() -> Handler { return binary<T, T, F<T>>; });
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
}
template <template <class> class F>
void decode_not(Line& l) {
    const Type t = l.type();
    if (t == Type::pred) {
        l.i.run = not_pred;
        l.i.r[1] = l.pred(1);
        l.i.r[0] = l.out(0, t);
        return;
    }
    l.i.run = for_integer(t, []<class T>() -> Handler { return unary<T, T, F<T>>; });
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
}

// Amounts above the width count as the width.
template <class T>
void shl(Warp& w, const Insn& i, u32 m) {
    each(
        m, w.reg<T>(i.r[0]),
        [](T a, u32 n) { return n >= sizeof(T) * 8 ? T{0} : static_cast<T>(a << n); },
        w.reg<T>(i.r[1]), w.reg<u32>(i.r[2]));
}
template <class T>
void shr(Warp& w, const Insn& i, u32 m) {
    constexpr u32 width = sizeof(T) * 8;
    each(
        m, w.reg<T>(i.r[0]),
        [](T a, u32 n) {
            if constexpr (std::is_signed_v<T>)
                return static_cast<T>(a >> (n >= width ? width - 1 : n));
            else
                return n >= width ? T{0} : static_cast<T>(a >> n);
        },
        w.reg<T>(i.r[1]), w.reg<u32>(i.r[2]));
}
void decode_shl(Line& l) {
    const Type t = l.type();
    l.i.run = for_integer(t, []<class T>() -> Handler { return shl<std::make_unsigned_t<T>>; });
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, Type::u32);
}
void decode_shr(Line& l) {
    const Type t = l.type();
    l.i.run = for_integer(t, []<class T>() -> Handler { return shr<T>; });
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, Type::u32);
}

template <bool left, bool wraps>
struct Funnel {
    u32 operator()(u32 lo, u32 hi, u32 c) const {
        const u32 n = wraps ? c & 31 : c > 32 ? 32 : c;
        const u64 both = u64{hi} << 32 | lo;
        return left ? static_cast<u32>((both << n) >> 32) : static_cast<u32>(both >> n);
    }
};
void decode_shf(Line& l) {
    const bool left = l.take("l");
    if (!left && !l.take("r")) l.fail("shf needs l or r");
    const bool wraps = l.take("wrap");
    if (!wraps && !l.take("clamp")) l.fail("shf needs wrap or clamp");
    l.type();
    l.i.run = left ? (wraps ? Handler{ternary<u32, u32, Funnel<true, true>>}
                            : Handler{ternary<u32, u32, Funnel<true, false>>})
                   : (wraps ? Handler{ternary<u32, u32, Funnel<false, true>>}
                            : Handler{ternary<u32, u32, Funnel<false, false>>});
    l.i.r[0] = l.out(0, Type::b32);
    for (int k = 1; k <= 3; ++k) l.i.r[k] = l.in(k, Type::b32);
}

void lop3(Warp& w, const Insn& i, u32 m) {
    const u32 lut = static_cast<u32>(i.imm);
    each(
        m, w.reg<u32>(i.r[0]),
        [lut](u32 a, u32 b, u32 c) {
            u32 r = 0;
            if (lut & 0x01) r |= ~a & ~b & ~c;
            if (lut & 0x02) r |= ~a & ~b & c;
            if (lut & 0x04) r |= ~a & b & ~c;
            if (lut & 0x08) r |= ~a & b & c;
            if (lut & 0x10) r |= a & ~b & ~c;
            if (lut & 0x20) r |= a & ~b & c;
            if (lut & 0x40) r |= a & b & ~c;
            if (lut & 0x80) r |= a & b & c;
            return r;
        },
        w.reg<u32>(i.r[1]), w.reg<u32>(i.r[2]), w.reg<u32>(i.r[3]));
}
void decode_lop3(Line& l) {
    l.type();
    l.i.run = lop3;
    l.i.r[0] = l.out(0, Type::b32);
    for (int k = 1; k <= 3; ++k) l.i.r[k] = l.in(k, Type::b32);
    l.i.imm = l.operand(4).value;
}

template <class T, class F>
void count(Warp& w, const Insn& i, u32 m) {
    each(m, w.reg<u32>(i.r[0]), F{}, w.reg<T>(i.r[1]));
}
struct Popc {
    template <class T>
    u32 operator()(T a) const {
        return static_cast<u32>(std::popcount(a));
    }
};
struct Clz {
    template <class T>
    u32 operator()(T a) const {
        return static_cast<u32>(std::countl_zero(a));
    }
};
template <class F>
void decode_count(Line& l) {
    const Type t = l.type();
    l.i.run = size_of(t) == 8 ? Handler{count<u64, F>} : Handler{count<u32, F>};
    l.i.r[0] = l.out(0, Type::u32);
    l.i.r[1] = l.in(1, t);
}

template <class T, bool amount>
struct FindHighest {
    u32 operator()(T a) const {
        std::make_unsigned_t<T> v = static_cast<std::make_unsigned_t<T>>(a);
        if constexpr (std::is_signed_v<T>)
            if (a < 0) v = ~v;
        if (v == 0) return 0xFFFFFFFF;
        const u32 zeros = static_cast<u32>(std::countl_zero(v));
        return amount ? zeros : static_cast<u32>(sizeof(T) * 8 - 1) - zeros;
    }
};
void decode_bfind(Line& l) {
    const bool amount = l.take("shiftamt");
    const Type t = l.type();
    l.i.run = for_integer(t, [&]<class T>() -> Handler {
        return amount ? Handler{count<T, FindHighest<T, true>>}
                      : Handler{count<T, FindHighest<T, false>>};
    });
    l.i.r[0] = l.out(0, Type::u32);
    l.i.r[1] = l.in(1, t);
}

template <class T>
struct Reverse {
    T operator()(T a) const {
        T r = 0;
        for (unsigned k = 0; k < sizeof(T) * 8; ++k)
            r |= static_cast<T>((a >> k) & 1) << (sizeof(T) * 8 - 1 - k);
        return r;
    }
};
void decode_brev(Line& l) {
    const Type t = l.type();
    l.i.run = size_of(t) == 8 ? Handler{unary<u64, u64, Reverse<u64>>}
                              : Handler{unary<u32, u32, Reverse<u32>>};
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
}

template <class T>
void extract(Warp& w, const Insn& i, u32 m) {
    using U = std::make_unsigned_t<T>;
    constexpr u32 width = sizeof(T) * 8;
    each(
        m, w.reg<T>(i.r[0]),
        [](T a, u32 b, u32 c) {
            const u32 pos = b & 0xFF, len = c & 0xFF, msb = width - 1;
            U sign = 0;
            if constexpr (std::is_signed_v<T>)
                if (len) sign = static_cast<U>(a) >> std::min(pos + len - 1, msb) & 1;
            U r = pos > msb ? 0 : static_cast<U>(a) >> pos;
            const U keep = len >= width ? ~U{0} : (U{1} << len) - 1;
            const u32 real = pos > msb ? 0 : std::min(len, width - pos);
            r &= keep;
            if (sign) r |= real >= width ? U{0} : ~U{0} << real;
            return static_cast<T>(r);
        },
        w.reg<T>(i.r[1]), w.reg<u32>(i.r[2]), w.reg<u32>(i.r[3]));
}
void decode_bfe(Line& l) {
    const Type t = l.type();
    l.i.run = t == Type::u32   ? Handler{extract<u32>}
              : t == Type::s32 ? Handler{extract<std::int32_t>}
              : t == Type::u64 ? Handler{extract<u64>}
                               : Handler{extract<std::int64_t>};
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, Type::u32);
    l.i.r[3] = l.in(3, Type::u32);
}
template <class T>
void insert(Warp& w, const Insn& i, u32 m) {
    constexpr u32 width = sizeof(T) * 8;
    each(
        m, w.reg<T>(i.r[0]),
        [](T a, T b, u32 c, u32 d) {
            const u32 pos = c & 0xFF, len = d & 0xFF;
            const T keep = len >= width ? ~T{0} : (T{1} << len) - 1;
            const T field = pos >= width ? T{0} : keep << pos;
            return static_cast<T>((b & ~field) | ((pos >= width ? T{0} : a << pos) & field));
        },
        w.reg<T>(i.r[1]), w.reg<T>(i.r[2]), w.reg<u32>(i.r[3]), w.reg<u32>(i.r[4]));
}
void decode_bfi(Line& l) {
    const Type t = l.type();
    l.i.run = size_of(t) == 8 ? Handler{insert<u64>} : Handler{insert<u32>};
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
    l.i.r[3] = l.in(3, Type::u32);
    l.i.r[4] = l.in(4, Type::u32);
}

struct Bmsk {
    bool wraps;
    u32 operator()(u32 a, u32 b) const {
        u32 pos = a, len = b;
        if (wraps) {
            pos &= 31;
            len &= 31;
        } else {
            pos = std::min(pos, 32u);
            len = std::min(len, 32u);
        }
        const u32 keep = len >= 32 ? ~0u : (1u << len) - 1;
        return pos >= 32 ? 0 : keep << pos;
    }
};
void bmsk(Warp& w, const Insn& i, u32 m) {
    each(m, w.reg<u32>(i.r[0]), Bmsk{i.variant != 0}, w.reg<u32>(i.r[1]), w.reg<u32>(i.r[2]));
}
void decode_bmsk(Line& l) {
    l.i.variant = l.take("wrap");
    if (!l.i.variant && !l.take("clamp")) l.fail("bmsk needs wrap or clamp");
    l.type();
    l.i.run = bmsk;
    l.i.r[0] = l.out(0, Type::b32);
    l.i.r[1] = l.in(1, Type::b32);
    l.i.r[2] = l.in(2, Type::b32);
}
void szext(Warp& w, const Insn& i, u32 m) {
    const bool wraps = i.variant & 1, sign = i.variant & 2;
    each(
        m, w.reg<u32>(i.r[0]),
        [=](u32 a, u32 b) -> u32 {
            const u32 n = wraps ? b & 31 : std::min(b, 32u);
            if (n == 0) return 0;
            const u32 up = 32 - n;
            return sign ? static_cast<u32>(static_cast<std::int32_t>(a << up) >> up)
                        : (a << up) >> up;
        },
        w.reg<u32>(i.r[1]), w.reg<u32>(i.r[2]));
}
void decode_szext(Line& l) {
    const bool wraps = l.take("wrap");
    if (!wraps && !l.take("clamp")) l.fail("szext needs wrap or clamp");
    l.i.variant = static_cast<std::uint8_t>((wraps ? 1 : 0) | (l.type() == Type::s32 ? 2 : 0));
    l.i.run = szext;
    l.i.r[0] = l.out(0, Type::b32);
    l.i.r[1] = l.in(1, Type::b32);
    l.i.r[2] = l.in(2, Type::b32);
}

u32 permute(u32 a, u32 b, u32 c, int mode) {
    const u64 both = u64{b} << 32 | a;
    const auto byte = [&](u32 k) { return static_cast<u32>(both >> (8 * (k & 7)) & 0xFF); };
    u32 r = 0;
    for (u32 k = 0; k < 4; ++k) {
        u32 v = 0;
        const u32 n = c & 3;
        switch (mode) {
            case 0: {
                const u32 sel = c >> (4 * k) & 0xF;
                v = byte(sel);
                if (sel & 8) v = v & 0x80 ? 0xFF : 0;
                break;
            }
            case 1:
                v = byte(n + k);
                break;  // f4e
            case 2:
                v = byte(n + 8 - k);
                break;  // b4e
            case 3:
                v = byte(n);
                break;  // rc8
            case 4:
                v = byte(std::max(k, n));
                break;  // ecl
            case 5:
                v = byte(std::min(k, n));
                break;  // ecr
            case 6:
                v = byte((n & 1) * 2 + (k & 1));
                break;  // rc16
        }
        r |= v << (8 * k);
    }
    return r;
}
void prmt(Warp& w, const Insn& i, u32 m) {
    const int mode = i.variant;
    each(
        m, w.reg<u32>(i.r[0]), [mode](u32 a, u32 b, u32 c) { return permute(a, b, c, mode); },
        w.reg<u32>(i.r[1]), w.reg<u32>(i.r[2]), w.reg<u32>(i.r[3]));
}
void decode_prmt(Line& l) {
    constexpr const char* modes[] = {"", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16"};
    for (std::uint8_t k = 1; k < 7; ++k)
        if (l.take(modes[k])) l.i.variant = k;
    l.type();
    l.i.run = prmt;
    l.i.r[0] = l.out(0, Type::b32);
    for (int k = 1; k <= 3; ++k) l.i.r[k] = l.in(k, Type::b32);
}

// Position of the n-th set bit from a base, up or down.
struct Fns {
    u32 operator()(u32 mask, u32 base, std::int32_t offset) const {
        if (offset == 0) return base < 32 && (mask >> base & 1) ? base : 0xFFFFFFFF;
        const int step = offset > 0 ? 1 : -1;
        int left = offset > 0 ? offset - 1 : -offset - 1;
        for (int pos = static_cast<int>(base); pos >= 0 && pos < 32; pos += step)
            if (mask >> pos & 1 && left-- == 0) return static_cast<u32>(pos);
        return 0xFFFFFFFF;
    }
};
void fns(Warp& w, const Insn& i, u32 m) {
    each(m, w.reg<u32>(i.r[0]), Fns{}, w.reg<u32>(i.r[1]), w.reg<u32>(i.r[2]),
         w.reg<std::int32_t>(i.r[3]));
}
void decode_fns(Line& l) {
    l.type();
    l.i.run = fns;
    l.i.r[0] = l.out(0, Type::b32);
    for (int k = 1; k <= 3; ++k) l.i.r[k] = l.in(k, Type::b32);
}

}  // namespace

void add_bit_ops(Ops& ops) {
    ops["and"] = decode_logic<And>;
    ops["or"] = decode_logic<Or>;
    ops["xor"] = decode_logic<Xor>;
    ops["not"] = decode_not<Not>;
    ops["cnot"] = decode_not<Cnot>;
    ops["shl"] = decode_shl;
    ops["shr"] = decode_shr;
    ops["shf"] = decode_shf;
    ops["lop3"] = decode_lop3;
    ops["popc"] = decode_count<Popc>;
    ops["clz"] = decode_count<Clz>;
    ops["bfind"] = decode_bfind;
    ops["brev"] = decode_brev;
    ops["bfe"] = decode_bfe;
    ops["bfi"] = decode_bfi;
    ops["bmsk"] = decode_bmsk;
    ops["szext"] = decode_szext;
    ops["prmt"] = decode_prmt;
    ops["fns"] = decode_fns;
}

}  // namespace ptxrun
