// Arithmetic of f32 and f64. Operations that the device only approximates are counted.
#include <algorithm>

#include "decode.hpp"
#include "lanes.hpp"
#include "numeric.hpp"

namespace ptxrun {

void decode_integer_add(Line&);
void decode_integer_sub(Line&);
void decode_integer_mul(Line&);
void decode_integer_mad(Line&);
void decode_integer_min(Line&);
void decode_integer_max(Line&);
void decode_integer_abs(Line&);
void decode_integer_neg(Line&);
void decode_integer_div(Line&);
bool decode_half(Line&);

namespace {

template <class T>
struct Add {
    T operator()(T a, T b) const { return canonical(a + b); }
};
template <class T>
struct Sub {
    T operator()(T a, T b) const { return canonical(a - b); }
};
template <class T>
struct Mul {
    T operator()(T a, T b) const { return canonical(a * b); }
};
template <class T>
struct Div {
    T operator()(T a, T b) const { return canonical(a / b); }
};
template <class T>
struct Fma {
    T operator()(T a, T b, T c) const {
        if constexpr (sizeof(T) == 4)
            return canonical(__builtin_fmaf(a, b, c));
        else
            return canonical(__builtin_fma(a, b, c));
    }
};
template <class T>
struct Rcp {
    T operator()(T a) const { return canonical(T(1) / a); }
};
template <class T>
struct Sqrt {
    T operator()(T a) const {
        if constexpr (sizeof(T) == 4)
            return canonical(__builtin_sqrtf(a));
        else
            return canonical(__builtin_sqrt(a));
    }
};

// Variants of a statement: bit 0 .ftz, bit 1 .sat, bits 2-3 the rounding.
constexpr int ftz_bit = 1, sat_bit = 2, round_shift = 2;

template <class T, class F, class... A>
[[gnu::noinline]] T general(int variant, F f, A... a) {
    const bool ftz = variant & ftz_bit;
    T r;
    {
        const Rounding mode(static_cast<Round>(variant >> round_shift));
        volatile T out = f((ftz ? flush(a) : a)...);
        r = out;
    }
    if (ftz) r = flush(r);
    if (variant & sat_bit) r = saturate01(r);
    return r;
}

template <class T, class F>
void unary_general(Warp& w, const Insn& i, std::uint32_t m) {
    T *d = w.reg<T>(i.r[0]), *a = w.reg<T>(i.r[1]);
    one_by_one(m, [&](int l) {
        volatile T x = a[l];
        d[l] = general<T>(i.variant, F{}, T(x));
    });
}
template <class T, class F>
void binary_general(Warp& w, const Insn& i, std::uint32_t m) {
    T *d = w.reg<T>(i.r[0]), *a = w.reg<T>(i.r[1]), *b = w.reg<T>(i.r[2]);
    one_by_one(m, [&](int l) {
        volatile T x = a[l], y = b[l];
        d[l] = general<T>(i.variant, F{}, T(x), T(y));
    });
}
template <class T>
void fma_general(Warp& w, const Insn& i, std::uint32_t m) {
    T *d = w.reg<T>(i.r[0]), *a = w.reg<T>(i.r[1]), *b = w.reg<T>(i.r[2]), *c = w.reg<T>(i.r[3]);
    w.counts->fma += static_cast<std::uint64_t>(std::popcount(m));
    one_by_one(m, [&](int l) {
        volatile T x = a[l], y = b[l], z = c[l];
        d[l] = general<T>(i.variant, Fma<T>{}, T(x), T(y), T(z));
    });
}
template <class T>
void fma_near(Warp& w, const Insn& i, std::uint32_t m) {
    w.counts->fma += static_cast<std::uint64_t>(std::popcount(m));
    ternary<T, T, Fma<T>>(w, i, m);
}

int variant_of(Line& l) {
    const auto round = l.take_of({"rn", "rz", "rm", "rp"});
    int v = l.take("ftz") ? ftz_bit : 0;
    if (l.take("sat")) v |= sat_bit;
    return v | (round == "rz" ? 1 : round == "rm" ? 2 : round == "rp" ? 3 : 0) << round_shift;
}

bool float_type(const Line& l) {
    return std::find(l.mods.begin(), l.mods.end(), "f32") != l.mods.end() ||
           std::find(l.mods.begin(), l.mods.end(), "f64") != l.mods.end();
}

void set(Line& l, int variant, Type t, int inputs, Handler near32, Handler near64, Handler other32,
         Handler other64) {
    l.i.variant = static_cast<std::uint8_t>(variant);
    l.i.run =
        variant == 0 ? (t == Type::f32 ? near32 : near64) : (t == Type::f32 ? other32 : other64);
    l.i.r[0] = l.out(0, t);
    for (int k = 1; k <= inputs; ++k) l.i.r[k] = l.in(static_cast<std::size_t>(k), t);
}

template <template <class> class F, DecodeOp integer>
void decode_binary(Line& l) {
    if (decode_half(l)) return;
    if (!float_type(l)) return integer(l);
    const int v = variant_of(l);
    set(l, v, l.type(), 2, binary<float, float, F<float>>, binary<double, double, F<double>>,
        binary_general<float, F<float>>, binary_general<double, F<double>>);
}
void decode_fma(Line& l) {
    if (decode_half(l)) return;
    if (l.root == "mad" && !float_type(l)) return decode_integer_mad(l);
    const int v = variant_of(l);
    set(l, v, l.type(), 3, fma_near<float>, fma_near<double>, fma_general<float>,
        fma_general<double>);
}

// --- what the device approximates: here computed in double and rounded ---

template <Approx which, class T, class F>
void approximate(Warp& w, const Insn& i, std::uint32_t m) {
    w.counts->approx[static_cast<std::size_t>(which)] +=
        static_cast<std::uint64_t>(std::popcount(m));
    T *d = w.reg<T>(i.r[0]), *a = w.reg<T>(i.r[1]);
    const bool ftz = i.variant & ftz_bit;
    one_by_one(m, [&](int l) {
        const T x = ftz ? flush(a[l]) : a[l];
        const T y = canonical(static_cast<T>(F{}(static_cast<double>(x))));
        d[l] = ftz ? flush(y) : y;
    });
}
template <Approx which>
void approximate_div(Warp& w, const Insn& i, std::uint32_t m) {
    w.counts->approx[static_cast<std::size_t>(which)] +=
        static_cast<std::uint64_t>(std::popcount(m));
    float *d = w.reg<float>(i.r[0]), *a = w.reg<float>(i.r[1]), *b = w.reg<float>(i.r[2]);
    const bool ftz = i.variant & ftz_bit;
    one_by_one(m, [&](int l) {
        const float x = ftz ? flush(a[l]) : a[l], y = ftz ? flush(b[l]) : b[l];
        const float q =
            canonical(static_cast<float>(static_cast<double>(x) / static_cast<double>(y)));
        d[l] = ftz ? flush(q) : q;
    });
}
struct RcpD {
    double operator()(double x) const { return 1 / x; }
};
struct SqrtD {
    double operator()(double x) const { return std::sqrt(x); }
};
struct RsqrtD {
    double operator()(double x) const { return 1 / std::sqrt(x); }
};
struct SinD {
    double operator()(double x) const { return std::sin(x); }
};
struct CosD {
    double operator()(double x) const { return std::cos(x); }
};
struct Lg2D {
    double operator()(double x) const { return std::log2(x); }
};
struct Ex2D {
    double operator()(double x) const { return std::exp2(x); }
};
struct TanhD {
    double operator()(double x) const { return std::tanh(x); }
};

template <Approx which, class F>
void set_approximate(Line& l, Type t) {
    l.i.run = t == Type::f64 ? Handler{approximate<which, double, F>}
                             : Handler{approximate<which, float, F>};
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
}
template <Approx which, class F>
void decode_approximate(Line& l) {
    if (!l.take("approx")) l.fail("only the approx form exists");
    if (decode_half(l)) return;
    l.i.variant = l.take("ftz") ? ftz_bit : 0;
    set_approximate<which, F>(l, l.type());
}

void decode_div(Line& l) {
    if (!float_type(l)) return decode_integer_div(l);
    const bool approx = l.take("approx"), full = l.take("full");
    const int v = variant_of(l);
    const Type t = l.type();
    if (approx || full) {
        l.i.variant = static_cast<std::uint8_t>(v);
        l.i.run = approx ? approximate_div<Approx::div> : approximate_div<Approx::div_full>;
        l.i.r[0] = l.out(0, t);
        l.i.r[1] = l.in(1, t);
        l.i.r[2] = l.in(2, t);
        return;
    }
    set(l, v, t, 2, binary<float, float, Div<float>>, binary<double, double, Div<double>>,
        binary_general<float, Div<float>>, binary_general<double, Div<double>>);
}
template <template <class> class F, Approx which, class D>
void decode_root(Line& l) {
    const bool approx = l.take("approx");
    const int v = variant_of(l);
    const Type t = l.type();
    if (approx) {
        l.i.variant = static_cast<std::uint8_t>(v);
        return set_approximate<which, D>(l, t);
    }
    set(l, v, t, 1, unary<float, float, F<float>>, unary<double, double, F<double>>,
        unary_general<float, F<float>>, unary_general<double, F<double>>);
}

// --- signs, minimum, maximum ---

template <class T>
struct Abs {
    T operator()(T a) const { return std::fabs(a); }
};
template <class T>
struct Neg {
    T operator()(T a) const { return -a; }
};
template <class T, template <class> class F>
void sign_op(Warp& w, const Insn& i, std::uint32_t m) {
    const bool ftz = i.variant & ftz_bit;
    each(
        m, w.reg<T>(i.r[0]), [=](T a) { return F<T>{}(ftz ? flush(a) : a); }, w.reg<T>(i.r[1]));
}
template <template <class> class F, DecodeOp integer>
void decode_sign(Line& l) {
    if (decode_half(l)) return;
    if (!float_type(l)) return integer(l);
    l.i.variant = l.take("ftz") ? ftz_bit : 0;
    const Type t = l.type();
    l.i.run = t == Type::f32 ? Handler{sign_op<float, F>} : Handler{sign_op<double, F>};
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
}

constexpr int nan_bit = 2, xorsign_bit = 4;
template <class T, bool highest>
void extreme(Warp& w, const Insn& i, std::uint32_t m) {
    const int v = i.variant;
    const auto pick = [](T a, T b) { return highest ? max_of(a, b) : min_of(a, b); };
    if (v == 0) return each(m, w.reg<T>(i.r[0]), pick, w.reg<T>(i.r[1]), w.reg<T>(i.r[2]));
    each(
        m, w.reg<T>(i.r[0]),
        [=](T a, T b) {
            if (v & ftz_bit) {
                a = flush(a);
                b = flush(b);
            }
            if ((v & nan_bit) && (a != a || b != b))
                return static_cast<T>(canonical(static_cast<T>(NAN)));
            if (v & xorsign_bit) {
                const bool sign = std::signbit(a) != std::signbit(b);
                const T r = pick(std::fabs(a), std::fabs(b));
                return sign ? -r : r;
            }
            return pick(a, b);
        },
        w.reg<T>(i.r[1]), w.reg<T>(i.r[2]));
}
template <bool highest, DecodeOp integer>
void decode_extreme(Line& l) {
    if (decode_half(l)) return;
    if (!float_type(l)) return integer(l);
    int v = l.take("ftz") ? ftz_bit : 0;
    if (l.take("NaN")) v |= nan_bit;
    if (l.take("xorsign")) {
        l.take("abs");
        v |= xorsign_bit;
    }
    l.i.variant = static_cast<std::uint8_t>(v);
    const Type t = l.type();
    l.i.run = t == Type::f32 ? Handler{extreme<float, highest>} : Handler{extreme<double, highest>};
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
    if (l.operands() == 4) {  // three inputs: the minimum of all
        Insn first = l.i;
        const Ref middle = l.temporary(t);
        first.r[0] = middle;
        l.emit(first);
        l.i.r[1] = middle;
        l.i.r[2] = l.in(3, t);
    }
}

template <class T>
struct CopySign {
    T operator()(T a, T b) const { return std::copysign(b, a); }
};
void decode_copysign(Line& l) {
    const Type t = l.type();
    l.i.run = t == Type::f32 ? Handler{binary<float, float, CopySign<float>>}
                             : Handler{binary<double, double, CopySign<double>>};
    l.i.r[0] = l.out(0, t);
    l.i.r[1] = l.in(1, t);
    l.i.r[2] = l.in(2, t);
}

template <class T>
void testp(Warp& w, const Insn& i, std::uint32_t m) {
    const int kind = i.variant;
    set_pred(w.pred(i.r[0]), m,
             bits_of(
                 [=](T a) -> bool {
                     switch (kind) {
                         case 0:
                             return std::isfinite(a);
                         case 1:
                             return std::isinf(a);
                         case 2:
                             return a == a;
                         case 3:
                             return a != a;
                         case 4:
                             return std::isnormal(a);
                         default:
                             return std::fpclassify(a) == FP_SUBNORMAL;
                     }
                 },
                 w.reg<T>(i.r[1])));
}
void decode_testp(Line& l) {
    constexpr const char* kinds[] = {"finite",     "infinite", "number",
                                     "notanumber", "normal",   "subnormal"};
    for (std::uint8_t k = 0; k < 6; ++k)
        if (l.take(kinds[k])) l.i.variant = k;
    const Type t = l.type();
    l.i.run = t == Type::f32 ? Handler{testp<float>} : Handler{testp<double>};
    l.i.r[0] = l.out(0, Type::pred);
    l.i.r[1] = l.in(1, t);
}

}  // namespace

void add_float_ops(Ops& ops) {
    ops["add"] = decode_binary<Add, decode_integer_add>;
    ops["sub"] = decode_binary<Sub, decode_integer_sub>;
    ops["mul"] = decode_binary<Mul, decode_integer_mul>;
    ops["fma"] = decode_fma;
    ops["mad"] = decode_fma;
    ops["div"] = decode_div;
    ops["rcp"] = decode_root<Rcp, Approx::rcp, RcpD>;
    ops["sqrt"] = decode_root<Sqrt, Approx::sqrt, SqrtD>;
    ops["rsqrt"] = decode_approximate<Approx::rsqrt, RsqrtD>;
    ops["sin"] = decode_approximate<Approx::sin, SinD>;
    ops["cos"] = decode_approximate<Approx::cos, CosD>;
    ops["lg2"] = decode_approximate<Approx::lg2, Lg2D>;
    ops["ex2"] = decode_approximate<Approx::ex2, Ex2D>;
    ops["tanh"] = decode_approximate<Approx::tanh, TanhD>;
    ops["abs"] = decode_sign<Abs, decode_integer_abs>;
    ops["neg"] = decode_sign<Neg, decode_integer_neg>;
    ops["min"] = decode_extreme<false, decode_integer_min>;
    ops["max"] = decode_extreme<true, decode_integer_max>;
    ops["copysign"] = decode_copysign;
    ops["testp"] = decode_testp;
}

}  // namespace ptxrun
