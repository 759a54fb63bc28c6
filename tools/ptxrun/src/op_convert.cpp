// cvt among all widths, and mov, which packs and unpacks.
#include <algorithm>

#include "decode.hpp"
#include "lanes.hpp"
#include "numeric.hpp"

namespace ptxrun {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// Variants of a conversion.
constexpr int ftz_bit = 1, sat_bit = 2, relu_bit = 128;

/// A register of any width, read as T: the low bits.
template <class T>
void read(const Warp& w, Ref r, int width, T* out) {
    if (width == static_cast<int>(sizeof(T))) {
        std::memcpy(out, w.reg<T>(r), sizeof(T) * lanes);
        return;
    }
    for (int l = 0; l < lanes; ++l) {
        const char* at = w.reg<char>(r) + l * width;
        std::memcpy(&out[l], at, sizeof(T));
    }
}
/// Written to a register at least as wide, extended by its sign or zeros.
template <class T>
void write(const Warp& w, Ref r, int width, u32 m, const T* v) {
    using W = std::conditional_t<std::is_signed_v<T>, std::int64_t, u64>;
    switch (width) {
        case 2:
            return each(
                m, w.reg<std::uint16_t>(r),
                [](T x) { return static_cast<std::uint16_t>(static_cast<W>(x)); }, v);
        case 4:
            return each(
                m, w.reg<u32>(r), [](T x) { return static_cast<u32>(static_cast<W>(x)); }, v);
        default:
            return each(
                m, w.reg<u64>(r), [](T x) { return static_cast<u64>(static_cast<W>(x)); }, v);
    }
}
// Widths of the registers: destination in count, source in imm.
template <class S, class D>
void integer_to_integer(Warp& w, const Insn& i, u32 m) {
    alignas(64) S in[lanes];
    alignas(64) D out[lanes];
    read(w, i.r[1], static_cast<int>(i.imm), in);
    if (i.variant & sat_bit) {
        for (int l = 0; l < lanes; ++l) {
            const __int128 v = in[l], low = std::numeric_limits<D>::min(),
                           high = std::numeric_limits<D>::max();
            out[l] = static_cast<D>(v < low ? low : v > high ? high : v);
        }
    } else {
        for (int l = 0; l < lanes; ++l) out[l] = static_cast<D>(in[l]);
    }
    write(w, i.r[0], i.count, m, out);
}

template <class F>
F to_whole(F x, int mode) {
    switch (mode) {
        case 0:
            return std::nearbyint(x);  // the host rounds to nearest even
        case 1:
            return std::trunc(x);
        case 2:
            return std::floor(x);
        default:
            return std::ceil(x);
    }
}
/// Clamped to the type. A NaN gives 0, or the highest bit alone where a 64-bit type is involved.
template <class D, class F>
D clamp_to(F v, bool wide_source) {
    if (v != v) {
        if (!wide_source && sizeof(D) < 8) return 0;
        return static_cast<D>(std::make_unsigned_t<D>{1} << (sizeof(D) * 8 - 1));
    }
    constexpr D low = std::numeric_limits<D>::min(), high = std::numeric_limits<D>::max();
    const F top = static_cast<F>(std::ldexp(1.0, std::numeric_limits<D>::digits));
    if (v >= top) return high;
    if (v <= static_cast<F>(low)) return low;
    return static_cast<D>(v);
}
template <class F, class D>
void float_to_integer(Warp& w, const Insn& i, u32 m) {
    alignas(64) D out[lanes];
    const F* in = w.reg<F>(i.r[1]);
    const int mode = i.variant >> 2 & 3;
    const bool ftz = i.variant & ftz_bit;
    for (int l = 0; l < lanes; ++l)
        out[l] = clamp_to<D>(to_whole(ftz ? flush(in[l]) : in[l], mode), sizeof(F) == 8);
    write(w, i.r[0], i.count, m, out);
}

template <class F, class S>
[[gnu::noinline]] F rounded_to(S v, int mode) {
    const Rounding guard(static_cast<Round>(mode));
    volatile S in = v;
    volatile F out = static_cast<F>(in);
    return out;
}
template <class S, class F>
void integer_to_float(Warp& w, const Insn& i, u32 m) {
    alignas(64) S in[lanes];
    read(w, i.r[1], static_cast<int>(i.imm), in);
    const int mode = i.variant >> 2 & 3;
    F* d = w.reg<F>(i.r[0]);
    if (mode == 0 && !(i.variant & sat_bit))
        return each(
            m, d, [](S v) { return static_cast<F>(v); }, in);
    one_by_one(m, [&](int l) {
        F v = rounded_to<F>(in[l], mode);
        if constexpr (sizeof(S) == 8 &&
                      std::is_unsigned_v<S>) {  // the host's two steps would round twice
            F near = static_cast<F>(in[l]);
            const bool below = static_cast<unsigned __int128>(
                near)<in[l], above = static_cast<unsigned __int128>(near)>
                in[l];
            if ((mode == 1 || mode == 2) && above) near = std::nextafter(near, F(0));
            if (mode == 3 && below) near = std::nextafter(near, std::numeric_limits<F>::infinity());
            v = near;
        }
        d[l] = (i.variant & sat_bit) ? saturate01(v) : v;
    });
}

void widen(Warp& w, const Insn& i, u32 m) {
    const bool ftz = i.variant & ftz_bit, sat = i.variant & sat_bit;
    each(
        m, w.reg<double>(i.r[0]),
        [=](float a) {
            const double v = static_cast<double>(ftz ? flush(a) : a);
            return sat ? saturate01(v) : v;
        },
        w.reg<float>(i.r[1]));
}
void shorten(Warp& w, const Insn& i, u32 m) {
    const int mode = i.variant >> 2 & 3;
    double* a = w.reg<double>(i.r[1]);
    float* d = w.reg<float>(i.r[0]);
    if (mode == 0 && !(i.variant & 3))
        return each(
            m, d, [](double v) { return canonical(static_cast<float>(v)); }, a);
    one_by_one(m, [&](int l) {
        float v = canonical(rounded_to<float>(a[l], mode));
        if (i.variant & ftz_bit) v = flush(v);
        d[l] = (i.variant & sat_bit) ? saturate01(v) : v;
    });
}
/// To the same type: a whole number (bit 6), or only .ftz and .sat.
template <class F>
void same_float(Warp& w, const Insn& i, u32 m) {
    const bool ftz = i.variant & ftz_bit, sat = i.variant & sat_bit, whole = i.variant & 64;
    const int mode = i.variant >> 2 & 3;
    each(
        m, w.reg<F>(i.r[0]),
        [=](F a) {
            F v = ftz ? flush(a) : a;
            if (whole) v = canonical(to_whole(v, mode));
            return sat ? saturate01(v) : v;
        },
        w.reg<F>(i.r[1]));
}

// Halves: bit 4 the source is bf16, bit 5 the destination is; other sides are f32, f64 or integers
// by way of double.
template <class S>
double as_double(S v, bool) {
    return static_cast<double>(v);
}
double half_double(std::uint16_t v, bool brain) {
    return brain ? static_cast<double>(bf16_value(v)) : half_value(v);
}
std::uint16_t make_half(double v, int variant, bool brain) {
    const auto mode = static_cast<Round>(variant >> 2 & 3);
    std::uint16_t h = brain ? to_bf16(v, mode) : to_half(v, mode);
    if (variant & sat_bit)
        h = brain ? to_bf16(saturate01(half_double(h, true)))
                  : to_half(saturate01(half_double(h, false)));
    if ((variant & relu_bit) && (h & 0x8000) && half_double(h, brain) == half_double(h, brain))
        h = 0;
    return h;
}
template <class S>
void to_half_from(Warp& w, const Insn& i, u32 m) {
    alignas(64) S in[lanes];
    read(w, i.r[1], static_cast<int>(i.imm), in);
    std::uint16_t* d = w.reg<std::uint16_t>(i.r[0]);
    one_by_one(
        m, [&](int l) { d[l] = make_half(static_cast<double>(in[l]), i.variant, i.variant & 32); });
}
void half_to_half(Warp& w, const Insn& i, u32 m) {
    std::uint16_t *d = w.reg<std::uint16_t>(i.r[0]), *a = w.reg<std::uint16_t>(i.r[1]);
    one_by_one(m, [&](int l) {
        double v = half_double(a[l], i.variant & 16);
        if (i.variant & 64) v = to_whole(v, i.variant >> 2 & 3);
        d[l] = make_half(v, i.variant, i.variant & 32);
    });
}
template <class F>
void half_to_float(Warp& w, const Insn& i, u32 m) {
    std::uint16_t* a = w.reg<std::uint16_t>(i.r[1]);
    F* d = w.reg<F>(i.r[0]);
    one_by_one(m, [&](int l) {
        const F v = canonical(static_cast<F>(half_double(a[l], i.variant & 16)));
        d[l] = (i.variant & sat_bit) ? saturate01(v) : v;
    });
}
template <class D>
void half_to_integer(Warp& w, const Insn& i, u32 m) {
    std::uint16_t* a = w.reg<std::uint16_t>(i.r[1]);
    alignas(64) D out[lanes];
    for (int l = 0; l < lanes; ++l)
        out[l] =
            clamp_to<D>(to_whole(half_double(a[l], i.variant & 16), i.variant >> 2 & 3), false);
    write(w, i.r[0], i.count, m, out);
}
void pair_from_floats(Warp& w, const Insn& i, u32 m) {
    u32* d = w.reg<u32>(i.r[0]);
    float *a = w.reg<float>(i.r[1]), *b = w.reg<float>(i.r[2]);
    const bool brain = i.variant & 32;
    one_by_one(m, [&](int l) {
        d[l] = u32{make_half(static_cast<double>(a[l]), i.variant, brain)} << 16 |
               make_half(static_cast<double>(b[l]), i.variant, brain);
    });
}

template <class F>
Handler by_integer(Type t, F f) {
    switch (t) {
        case Type::u8:
        case Type::b8:
            return f.template operator()<std::uint8_t>();
        case Type::s8:
            return f.template operator()<std::int8_t>();
        default:
            return for_integer(t, f);
    }
}
int width_of(Type t) {
    return size_of(t) < 2 ? 2 : size_of(t);
}

void decode_cvt(Line& l) {
    int mode = 0, v = 0;
    bool whole = false;
    constexpr const char *floats[] = {"rn", "rz", "rm", "rp"},
                         *wholes[] = {"rni", "rzi", "rmi", "rpi"};
    for (int k = 0; k < 4; ++k) {
        if (l.take(floats[k])) mode = k;
        if (l.take(wholes[k])) {
            mode = k;
            whole = true;
        }
    }
    if (l.take("ftz")) v |= ftz_bit;
    if (l.take("sat")) v |= sat_bit;
    if (l.take("relu")) v |= relu_bit;
    const Type d = l.type(), s = l.type();
    v |= mode << 2 | (whole ? 64 : 0);
    const auto half = [](Type t) { return t == Type::f16 || t == Type::bf16; };
    if (s == Type::bf16) v |= 16;
    if (d == Type::bf16 || d == Type::bf16x2) v |= 32;

    Type ds = l.register_type(0), ss = l.register_type(1);
    if (ds == Type::none) l.fail("cvt to no register");
    if (ss == Type::none) ss = size_of(s) < 2 ? Type::b16 : s;  // an immediate
    l.i.count = static_cast<std::uint8_t>(width_of(ds));
    l.i.imm = width_of(ss);

    if (d == Type::f16x2 || d == Type::bf16x2) {
        l.i.run = pair_from_floats;
        l.i.r[2] = l.in(2, Type::f32);
        ss = Type::f32;
    } else if (half(s) && half(d))
        l.i.run = half_to_half;
    else if (half(d) && s == Type::f32)
        l.i.run = to_half_from<float>;
    else if (half(d) && s == Type::f64)
        l.i.run = to_half_from<double>;
    else if (half(d))
        l.i.run = by_integer(s, []<class S>() -> Handler { return to_half_from<S>; });
    else if (half(s) && d == Type::f32)
        l.i.run = half_to_float<float>;
    else if (half(s) && d == Type::f64)
        l.i.run = half_to_float<double>;
    else if (half(s))
        l.i.run = by_integer(d, []<class D>() -> Handler { return half_to_integer<D>; });
    else if (s == Type::f32 && d == Type::f64)
        l.i.run = widen;
    else if (s == Type::f64 && d == Type::f32)
        l.i.run = shorten;
    else if (s == Type::f32 && d == Type::f32)
        l.i.run = same_float<float>;
    else if (s == Type::f64 && d == Type::f64)
        l.i.run = same_float<double>;
    else if (s == Type::f32)
        l.i.run = by_integer(d, []<class D>() -> Handler { return float_to_integer<float, D>; });
    else if (s == Type::f64)
        l.i.run = by_integer(d, []<class D>() -> Handler { return float_to_integer<double, D>; });
    else if (d == Type::f32)
        l.i.run = by_integer(s, []<class S>() -> Handler { return integer_to_float<S, float>; });
    else if (d == Type::f64)
        l.i.run = by_integer(s, []<class S>() -> Handler { return integer_to_float<S, double>; });
    else
        l.i.run = by_integer(s, [&]<class S>() -> Handler {
            return by_integer(d, []<class D>() -> Handler { return integer_to_integer<S, D>; });
        });
    if (!l.i.run) l.fail("this conversion is not supported");
    l.i.variant = static_cast<std::uint8_t>(v);
    l.i.r[0] = l.out(0, ds);
    l.i.r[1] = l.in(1, ss);
}

// --- mov ---

template <class T>
void move(Warp& w, const Insn& i, u32 m) {
    each(
        m, w.reg<T>(i.r[0]), [](T a) { return a; }, w.reg<T>(i.r[1]));
}
void move_wide(Warp& w, const Insn& i, u32 m) {
    one_by_one(m, [&](int l) {
        std::memcpy(w.reg<char>(i.r[0]) + l * 16, w.reg<char>(i.r[1]) + l * 16, 16);
    });
}
void move_pred(Warp& w, const Insn& i, u32 m) {
    set_pred(w.pred(i.r[0]), m, w.pred(i.r[1]));
}
/// r[1] plus imm: the address of something in the lane's own memory, or of a parameter.
void move_place(Warp& w, const Insn& i, u32 m) {
    const u64 add = static_cast<u64>(i.imm);
    each(
        m, w.reg<u64>(i.r[0]), [add](u64 a) { return a + add; }, w.reg<u64>(i.r[1]));
}
// Parts of `count` registers, each `imm` bytes wide, in one.
void pack(Warp& w, const Insn& i, u32 m) {
    const auto part = static_cast<std::size_t>(i.imm), all = part * i.count;
    alignas(64) char t[16 * lanes];
    for (std::size_t k = 0; k < i.count; ++k)
        for (std::size_t l = 0; l < lanes; ++l)
            std::memcpy(t + l * all + k * part, w.reg<char>(i.r[k + 1]) + l * part, part);
    one_by_one(m, [&](int l) {
        std::memcpy(w.reg<char>(i.r[0]) + static_cast<std::size_t>(l) * all,
                    t + static_cast<std::size_t>(l) * all, all);
    });
}
void unpack(Warp& w, const Insn& i, u32 m) {
    const auto part = static_cast<std::size_t>(i.imm), all = part * i.count;
    alignas(64) char t[16 * lanes];
    std::memcpy(t, w.reg<char>(i.r[4]), all * lanes);
    for (std::size_t k = 0; k < i.count; ++k) {
        if (i.r[k] == no_ref) continue;
        one_by_one(m, [&](int l) {
            std::memcpy(w.reg<char>(i.r[k]) + static_cast<std::size_t>(l) * part,
                        t + static_cast<std::size_t>(l) * all + k * part, part);
        });
    }
}

Type part_type(int bytes) {
    return bytes == 2 ? Type::b16 : bytes == 4 ? Type::b32 : Type::b64;
}

void decode_mov(Line& l) {
    const Type t = l.type();
    if (t == Type::pred) {
        l.i.run = move_pred;
        l.i.r[1] = l.pred(1);
        l.i.r[0] = l.out(0, t);
        return;
    }
    const Operand &d = l.operand(0), &s = l.operand(1);
    if (s.kind == Operand::vector || d.kind == Operand::vector) {
        const bool packs = s.kind == Operand::vector;
        const Operand& v = packs ? s : d;
        const int part = size_of(t) / static_cast<int>(v.parts.size());
        if (part < 2) l.fail("packing bytes is not supported");
        l.i.count = static_cast<std::uint8_t>(v.parts.size());
        l.i.imm = part;
        l.i.run = packs ? pack : unpack;
        for (std::size_t k = 0; k < v.parts.size(); ++k) {
            if (packs)
                l.i.r[k + 1] = l.in(v.parts[k], part_type(part));
            else
                l.i.r[k] = v.parts[k].text == "_" ? no_ref : l.out(v.parts[k], part_type(part));
        }
        if (packs)
            l.i.r[0] = l.out(0, t);
        else
            l.i.r[4] = l.in(1, t);
        return;
    }
    if (s.kind == Operand::name && l.register_type(s) == Type::none) {
        const auto place = l.decoder.place(s.text, l.s.scope);
        if (place.kind == Decoder::Place::lane || place.kind == Decoder::Place::kernel_param) {
            l.i.run = move_place;
            l.i.imm = static_cast<std::int64_t>(place.at) + s.value;
            l.i.r[0] = l.out(0, Type::b64);
            l.i.r[1] = l.decoder.special(place.kind == Decoder::Place::lane ? Special::lane_base
                                                                            : Special::param_base);
            return;
        }
    }
    l.i.run = size_of(t) == 2   ? Handler{move<std::uint16_t>}
              : size_of(t) == 4 ? Handler{move<u32>}
              : size_of(t) == 8 ? Handler{move<u64>}
                                : Handler{move_wide};
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
}

// --- address spaces: only shared addresses differ from generic ones ---

template <bool to_generic>
void convert_shared(Warp& w, const Insn& i, u32 m) {
    const u64 base = reinterpret_cast<u64>(w.shared);
    each(
        m, w.reg<u64>(i.r[0]), [=](u64 a) { return to_generic ? a + base : a - base; },
        w.reg<u64>(i.r[1]));
}
void decode_cvta(Line& l) {
    const bool to = l.take("to");
    const auto space =
        l.take_of({"global", "shared", "shared::cta", "local", "const", "param", "param::entry"});
    if (l.type() != Type::u64) l.fail("only 64-bit addresses are supported");
    l.i.run = !space.starts_with("shared") ? Handler{move<u64>}
              : to                         ? Handler{convert_shared<false>}
                                           : Handler{convert_shared<true>};
    l.i.r[0] = l.out(0, Type::b64);
    const Operand& s = l.operand(1);
    if (s.kind == Operand::name && l.register_type(s) == Type::none) {
        const auto place = l.decoder.place(s.text, l.s.scope);
        if (place.kind == Decoder::Place::lane || place.kind == Decoder::Place::kernel_param) {
            l.i.run = move_place;
            l.i.imm = static_cast<std::int64_t>(place.at) + s.value;
            l.i.r[1] = l.decoder.special(place.kind == Decoder::Place::lane ? Special::lane_base
                                                                            : Special::param_base);
            return;
        }
    }
    l.i.r[1] = l.in(1, Type::b64);
}
void isspacep(Warp& w, const Insn& i, u32 m) {
    const u64 shared = reinterpret_cast<u64>(w.shared);
    const auto bytes = w.grid->shared_bytes;
    u64* a = w.reg<u64>(i.r[1]);
    u32 bits = 0;
    one_by_one(m, [&](int l) {
        const bool is_shared = a[l] - shared < std::max<std::size_t>(bytes, 1);
        bool is_local = false,
             is_param = a[l] - reinterpret_cast<u64>(w.grid->params) < w.grid->param_bytes;
        for (const Frame* f = w.frame; f; f = f->parent)
            is_local |= a[l] - reinterpret_cast<u64>(f->lane_memory) < f->code->lane_bytes * lanes;
        const bool yes = i.space == Space::shared  ? is_shared
                         : i.space == Space::local ? is_local
                         : i.space == Space::param ? is_param
                                                   : !is_shared && !is_local && !is_param && [&] {
                                                         const Allocation* v = memory().find(a[l]);
                                                         return (v && v->owner == Owner::variable &&
                                                                 v->label.starts_with("const ")) ==
                                                                (i.space == Space::constant);
                                                     }();
        bits |= u32{yes} << l;
    });
    set_pred(w.pred(i.r[0]), m, bits);
}
void decode_isspacep(Line& l) {
    const auto space =
        l.take_of({"global", "shared", "shared::cta", "local", "const", "param", "param::entry"});
    l.i.space = space.starts_with("shared")  ? Space::shared
                : space == "local"           ? Space::local
                : space == "const"           ? Space::constant
                : space.starts_with("param") ? Space::param
                                             : Space::global;
    l.i.run = isspacep;
    l.i.r[0] = l.out(0, Type::pred);
    l.i.r[1] = l.in(1, Type::b64);
}

}  // namespace

void add_convert_ops(Ops& ops) {
    ops["cvt"] = decode_cvt;
    ops["mov"] = decode_mov;
    ops["cvta"] = decode_cvta;
    ops["isspacep"] = decode_isspacep;
}

}  // namespace ptxrun
