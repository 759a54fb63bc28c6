// Arithmetic of f16 and bf16, single or in pairs: exact in double, then rounded once.
#include <algorithm>

#include "decode.hpp"
#include "lanes.hpp"
#include "numeric.hpp"

namespace ptxrun {
namespace {

using u16 = std::uint16_t;

template <bool brain>
double value(u16 h) {
    return brain ? static_cast<double>(bf16_value(h)) : half_value(h);
}
template <bool brain>
u16 rounded(double v) {
    return brain ? to_bf16(v) : to_half(v);
}

enum Op : int { add, sub, mul, fma, min, max, neg, abs, ex2, tanh, none };
constexpr int ftz_bit = 16, sat_bit = 32, relu_bit = 64, nan_bit = 128;

template <bool brain>
u16 compute(int v, u16 a, u16 b, u16 c) {
    const int op = v & 15;
    if (op == neg) return a ^ 0x8000;
    if (op == abs) return a & 0x7FFF;
    double x = value<brain>(a), y = value<brain>(b), z = value<brain>(c), r = 0;
    const double tiny = brain ? 0x1p-126 : 0x1p-14;
    const auto ftz = [&](double q) {
        return (v & ftz_bit) && std::fabs(q) < tiny ? std::copysign(0.0, q) : q;
    };
    x = ftz(x);
    y = ftz(y);
    z = ftz(z);
    switch (op) {
        case add:
            r = sum_to_odd(x, y);
            break;
        case sub:
            r = sum_to_odd(x, -y);
            break;
        case mul:
            r = x * y;
            break;
        case fma:
            r = sum_to_odd(x * y, z);
            break;
        case min:
            r = min_of(x, y);
            break;
        case max:
            r = max_of(x, y);
            break;
        case ex2:
            r = std::exp2(x);
            break;
        case tanh:
            r = std::tanh(x);
            break;
    }
    if ((op == min || op == max) && (v & nan_bit) && (x != x || y != y)) return 0x7FFF;
    u16 out = rounded<brain>(r);
    if (v & ftz_bit) out = (out & (brain ? 0x7F80 : 0x7C00)) ? out : out & 0x8000;
    if (v & sat_bit) out = rounded<brain>(saturate01(value<brain>(out)));
    if ((v & relu_bit) && (out & 0x8000) && value<brain>(out) == value<brain>(out)) out = 0;
    return out;
}

template <bool brain, bool pair>
void half(Warp& w, const Insn& i, std::uint32_t m) {
    if ((i.variant & 15) == fma)
        w.counts->fma += static_cast<std::uint64_t>(std::popcount(m)) * (pair ? 2 : 1);
    if ((i.variant & 15) == ex2)
        w.counts->approx[static_cast<int>(Approx::ex2)] +=
            static_cast<std::uint64_t>(std::popcount(m));
    if ((i.variant & 15) == tanh)
        w.counts->approx[static_cast<int>(Approx::tanh)] +=
            static_cast<std::uint64_t>(std::popcount(m));
    const int inputs = i.count;
    if constexpr (pair) {
        std::uint32_t *d = w.reg<std::uint32_t>(i.r[0]), *a = w.reg<std::uint32_t>(i.r[1]);
        std::uint32_t *b = inputs > 1 ? w.reg<std::uint32_t>(i.r[2]) : a,
                      *c = inputs > 2 ? w.reg<std::uint32_t>(i.r[3]) : a;
        one_by_one(m, [&](int l) {
            const auto at = [&](int s) {
                return std::uint32_t{compute<brain>(i.variant, static_cast<u16>(a[l] >> s),
                                                    static_cast<u16>(b[l] >> s),
                                                    static_cast<u16>(c[l] >> s))};
            };
            d[l] = at(0) | at(16) << 16;
        });
    } else {
        u16 *d = w.reg<u16>(i.r[0]), *a = w.reg<u16>(i.r[1]);
        u16 *b = inputs > 1 ? w.reg<u16>(i.r[2]) : a, *c = inputs > 2 ? w.reg<u16>(i.r[3]) : a;
        one_by_one(m, [&](int l) { d[l] = compute<brain>(i.variant, a[l], b[l], c[l]); });
    }
}

}  // namespace

/// Decodes the statement when its type is a half; false: it is not.
bool decode_half(Line& l) {
    Type t = Type::none;
    for (const auto& mod : l.mods)
        if (const Type x = type_named(mod);
            x == Type::f16 || x == Type::f16x2 || x == Type::bf16 || x == Type::bf16x2)
            t = x;
    if (t == Type::none) return false;
    constexpr const char* names[] = {"add", "sub", "mul", "fma", "min",
                                     "max", "neg", "abs", "ex2", "tanh"};
    int op = none;
    for (int k = 0; k < none; ++k)
        if (l.root == names[k]) op = k;
    if (op == none) l.fail("not supported for halves");
    l.take("rn");
    l.take("approx");
    int v = op;
    if (l.take("ftz")) v |= ftz_bit;
    if (l.take("sat")) v |= sat_bit;
    if (l.take("relu")) v |= relu_bit;
    if (l.take("NaN")) v |= nan_bit;
    l.type();
    const int inputs = op == fma ? 3 : op >= neg ? 1 : 2;
    const bool pair = size_of(t) == 4, brain = t == Type::bf16 || t == Type::bf16x2;
    l.i.variant = static_cast<std::uint8_t>(v);
    l.i.count = static_cast<std::uint8_t>(inputs);
    l.i.run = brain ? (pair ? Handler{half<true, true>} : Handler{half<true, false>})
                    : (pair ? Handler{half<false, true>} : Handler{half<false, false>});
    const Type raw = pair ? Type::b32 : Type::b16;
    l.i.r[0] = l.out(0, raw);
    for (int k = 1; k <= inputs; ++k) l.i.r[k] = l.in(static_cast<std::size_t>(k), raw);
    return true;
}

}  // namespace ptxrun
