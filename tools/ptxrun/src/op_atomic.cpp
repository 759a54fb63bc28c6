// Atomic operations on memory. With one host thread a plain read and write, with several the host's
// atomics.
#include <algorithm>

#include "access.hpp"
#include "decode.hpp"
#include "numeric.hpp"

namespace ptxrun {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

template <class T, class F>
T update(void* p, F f) {
    T old;
    if (settings().threads <= 1) {
        std::memcpy(&old, p, sizeof old);
        const T now = f(old);
        std::memcpy(p, &now, sizeof now);
        return old;
    }
    using U = std::conditional_t<sizeof(T) == 2, std::uint16_t,
                                 std::conditional_t<sizeof(T) == 4, u32, u64>>;
    U* cell = static_cast<U*>(p);
    U before = __atomic_load_n(cell, __ATOMIC_SEQ_CST);
    for (;;) {
        std::memcpy(&old, &before, sizeof old);
        const T now = f(old);
        U after;
        std::memcpy(&after, &now, sizeof after);
        if (__atomic_compare_exchange_n(cell, &before, after, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
            return old;
    }
}

struct Add {
    template <class T>
    T operator()(T old, T b, T, bool global) const {
        if constexpr (std::is_same_v<T, float>) {
            if (global)
                return flush(
                    canonical(flush(old) + flush(b)));  // as the device does in global memory
            return canonical(old + b);
        } else if constexpr (std::is_same_v<T, double>)
            return old + b;
        else
            return static_cast<T>(static_cast<std::make_unsigned_t<T>>(old) +
                                  static_cast<std::make_unsigned_t<T>>(b));
    }
};
struct Min {
    template <class T>
    T operator()(T old, T b, T, bool) const {
        return b < old ? b : old;
    }
};
struct Max {
    template <class T>
    T operator()(T old, T b, T, bool) const {
        return old < b ? b : old;
    }
};
struct And {
    template <class T>
    T operator()(T old, T b, T, bool) const {
        return old & b;
    }
};
struct Or {
    template <class T>
    T operator()(T old, T b, T, bool) const {
        return old | b;
    }
};
struct Xor {
    template <class T>
    T operator()(T old, T b, T, bool) const {
        return old ^ b;
    }
};
struct Exch {
    template <class T>
    T operator()(T, T b, T, bool) const {
        return b;
    }
};
struct Cas {
    template <class T>
    T operator()(T old, T b, T c, bool) const {
        return old == b ? c : old;
    }
};
struct Inc {
    template <class T>
    T operator()(T old, T b, T, bool) const {
        return old >= b ? T{0} : old + 1;
    }
};
struct Dec {
    template <class T>
    T operator()(T old, T b, T, bool) const {
        return old == 0 || old > b ? b : old - 1;
    }
};

template <bool brain>
struct AddPair {
    u32 operator()(u32 old, u32 b, u32, bool) const {
        u32 r = 0;
        for (int s : {0, 16}) {
            const auto x = static_cast<std::uint16_t>(old >> s),
                       y = static_cast<std::uint16_t>(b >> s);
            r |= u32{brain ? to_bf16(sum_to_odd(static_cast<double>(bf16_value(x)),
                                                static_cast<double>(bf16_value(y))))
                           : to_half(sum_to_odd(half_value(x), half_value(y)))}
                 << s;
        }
        return r;
    }
};

template <class T, class F>
void atomic(Warp& w, const Insn& i, u32 m) {
    alignas(64) u64 at[lanes];
    addresses(w, i, i.r[1], at);
    check(w, i, m, at, sizeof(T), Use::atomic);
    w.counts->atomics += static_cast<u64>(std::popcount(m));
    T* d = i.r[0] == no_ref ? nullptr : w.reg<T>(i.r[0]);
    const T *b = w.reg<T>(i.r[2]), *c = i.r[3] == no_ref ? b : w.reg<T>(i.r[3]);
    const bool shared =
        i.space == Space::shared ||
        at[std::countr_zero(m)] - reinterpret_cast<u64>(w.shared) < w.grid->shared_bytes;
    const auto one = [&](int l) {
        const T x = b[l], y = c[l];
        const T old =
            update<T>(reinterpret_cast<void*>(at[l]), [&](T o) { return F{}(o, x, y, !shared); });
        if (d) d[l] = old;
    };
    if (w.dice) {  // in any order
        const u32 first = w.dice->roll(32), flip = w.dice->roll(2) ? 31 : 0;
        for (u32 k = 0; k < lanes; ++k)
            if (const int l = static_cast<int>(((k + first) & 31) ^ flip); m >> l & 1) one(l);
    } else {
        one_by_one(m, one);
    }
}

template <class F>
Handler pick(Type t) {
    switch (t) {
        case Type::b32:
        case Type::u32:
            return atomic<u32, F>;
        case Type::s32:
            return atomic<std::int32_t, F>;
        case Type::b64:
        case Type::u64:
            return atomic<u64, F>;
        case Type::s64:
            return atomic<std::int64_t, F>;
        default:
            return nullptr;
    }
}
Handler handler(const std::string& op, Type t) {
    if (op == "add")
        return t == Type::f32      ? Handler{atomic<float, Add>}
               : t == Type::f64    ? Handler{atomic<double, Add>}
               : t == Type::f16x2  ? Handler{atomic<u32, AddPair<false>>}
               : t == Type::bf16x2 ? Handler{atomic<u32, AddPair<true>>}
                                   : pick<Add>(t);
    if (op == "min") return pick<Min>(t);
    if (op == "max") return pick<Max>(t);
    if (op == "and") return pick<And>(t);
    if (op == "or") return pick<Or>(t);
    if (op == "xor") return pick<Xor>(t);
    if (op == "exch") return pick<Exch>(t);
    if (op == "cas") return size_of(t) == 2 ? Handler{atomic<std::uint16_t, Cas>} : pick<Cas>(t);
    if (op == "inc") return atomic<u32, Inc>;
    if (op == "dec") return atomic<u32, Dec>;
    return nullptr;
}

void decode_atomic(Line& l) {
    const bool result = l.root == "atom";
    l.ignore({"relaxed", "acquire", "release", "acq_rel", "cta", "cluster", "gpu", "sys", "noftz"});
    const auto space = l.take_of({"global", "shared", "shared::cta"});
    const auto op =
        l.take_of({"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"});
    const Type t = l.type();
    l.i.run = handler(op, t);
    if (!l.i.run) l.fail("this atomic operation is not supported");
    const std::size_t first = result ? 1 : 0;
    const Type raw = size_of(t) == 2 ? Type::b16 : size_of(t) == 4 ? Type::b32 : Type::b64;
    if (result && l.operand(0).text != "_") l.i.r[0] = l.out(0, raw);
    l.address(first, 1,
              space == "global" ? Space::global
              : space.empty()   ? Space::generic
                                : Space::shared);
    l.i.r[2] = l.in(first + 1, raw);
    if (op == "cas") l.i.r[3] = l.in(first + 2, raw);
    l.i.flow = Flow::strong;
}

}  // namespace

void add_atomic_ops(Ops& ops) {
    ops["atom"] = decode_atomic;
    ops["red"] = decode_atomic;
}

}  // namespace ptxrun
