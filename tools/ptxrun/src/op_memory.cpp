// Loads, stores, copies to shared memory, fences.
#include <algorithm>
#include <atomic>

#include "access.hpp"
#include "decode.hpp"

namespace ptxrun {
namespace {

using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
struct Wide {
    u64 v[2];
};

constexpr int address_at = 4;  // the data's registers are r[0] to r[3]

template <class R, class T>
R extend(T v) {
    if constexpr (std::is_same_v<R, Wide>)
        return v;
    else if constexpr (std::is_signed_v<T>)
        return static_cast<R>(static_cast<std::int64_t>(v));
    else
        return static_cast<R>(v);
}

template <class T, class R>
void load(Warp& w, const Insn& i, u32 m) {
    alignas(64) u64 at[lanes];
    addresses(w, i, i.r[address_at], at);
    const std::size_t bytes = sizeof(T) * i.count;
    check(w, i, m, at, bytes, Use::load);
    if (i.space != Space::shared && i.space != Space::local && i.space != Space::param)
        w.counts->loaded += bytes * static_cast<u64>(std::popcount(m));
    if (i.count == 1) {
        R* d = w.reg<R>(i.r[0]);
        one_by_one(m, [&](int l) {
            T v;
            std::memcpy(&v, reinterpret_cast<const void*>(at[l]), sizeof v);
            d[l] = extend<R>(v);
        });
        return;
    }
    for (std::size_t k = 0; k < i.count; ++k) {
        if (i.r[k] == no_ref) continue;
        R* d = w.reg<R>(i.r[k]);
        one_by_one(m, [&](int l) {
            T v;
            std::memcpy(&v, reinterpret_cast<const char*>(at[l]) + k * sizeof(T), sizeof v);
            d[l] = extend<R>(v);
        });
    }
}
/// A parameter of the kernel: one value for all.
template <class T, class R>
void load_param(Warp& w, const Insn& i, u32 m) {
    for (std::size_t k = 0; k < i.count; ++k) {
        if (i.r[k] == no_ref) continue;
        T v;
        std::memcpy(&v, w.grid->params + i.imm + k * sizeof(T), sizeof v);
        const R x = extend<R>(v);
        R* d = w.reg<R>(i.r[k]);
        if (m == all_lanes)
            for (int l = 0; l < lanes; ++l) d[l] = x;
        else
            one_by_one(m, [&](int l) { d[l] = x; });
    }
}
template <class T, class R>
void store(Warp& w, const Insn& i, u32 m) {
    alignas(64) u64 at[lanes];
    addresses(w, i, i.r[address_at], at);
    const std::size_t bytes = sizeof(T) * i.count;
    check(w, i, m, at, bytes, Use::store);
    const bool backwards =
        w.dice && w.dice->roll(2);  // whose write of several to one place stays is not said
    if (i.space != Space::shared && i.space != Space::local && i.space != Space::param)
        w.counts->stored += bytes * static_cast<u64>(std::popcount(m));
    for (std::size_t k = 0; k < i.count; ++k) {
        const R* s = w.reg<R>(i.r[k]);
        const auto put = [&](int l) {
            T v;
            std::memcpy(&v, &s[l], sizeof v);  // the low bytes
            std::memcpy(reinterpret_cast<char*>(at[l]) + k * sizeof(T), &v, sizeof v);
        };
        if (!backwards)
            one_by_one(m, put);
        else
            for (u32 left = m; left; left &= ~(0x80000000u >> std::countl_zero(left)))
                put(31 - std::countl_zero(left));
    }
}

template <template <class, class> class F, class T>
Handler by_register(int bytes) {
    switch (bytes) {
        case 2:
            if constexpr (sizeof(T) <= 2)
                return F<T, u16>::run;
            else
                return nullptr;
        case 4:
            if constexpr (sizeof(T) <= 4)
                return F<T, u32>::run;
            else
                return nullptr;
        case 8:
            if constexpr (sizeof(T) <= 8)
                return F<T, u64>::run;
            else
                return nullptr;
        case 16:
            if constexpr (sizeof(T) == 16)
                return F<T, Wide>::run;
            else
                return nullptr;
        default:
            return nullptr;
    }
}
template <template <class, class> class F>
Handler pick(Type t, int bytes) {
    switch (t) {
        case Type::b8:
        case Type::u8:
            return by_register<F, std::uint8_t>(bytes);
        case Type::s8:
            return by_register<F, std::int8_t>(bytes);
        case Type::s16:
            return by_register<F, std::int16_t>(bytes);
        case Type::s32:
            return by_register<F, std::int32_t>(bytes);
        default:
            break;
    }
    switch (size_of(t)) {
        case 2:
            return by_register<F, u16>(bytes);
        case 4:
            return by_register<F, u32>(bytes);
        case 8:
            return by_register<F, u64>(bytes);
        case 16:
            return by_register<F, Wide>(bytes);
        default:
            return nullptr;
    }
}
template <class T, class R>
struct Load {
    static void run(Warp& w, const Insn& i, u32 m) { load<T, R>(w, i, m); }
};
template <class T, class R>
struct LoadParam {
    static void run(Warp& w, const Insn& i, u32 m) { load_param<T, R>(w, i, m); }
};
template <class T, class R>
struct Store {
    static void run(Warp& w, const Insn& i, u32 m) { store<T, R>(w, i, m); }
};

Space take_space(Line& l) {
    const auto name = l.take_of({"global", "shared::cta", "shared", "local", "const",
                                 "param::entry", "param::func", "param"});
    if (name == "global") return Space::global;
    if (name.starts_with("shared")) return Space::shared;
    if (name == "local") return Space::local;
    if (name == "const") return Space::constant;
    if (name.starts_with("param")) return Space::param;
    return Space::generic;
}
void take_hints(Line& l) {
    l.ignore({"ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc", "weak", "cta", "cluster", "gpu",
              "sys", "mmio"});
    std::erase_if(l.mods, [](const std::string& m) {
        return (m.starts_with("L1::") || m.starts_with("L2::")) && m != "L2::cache_hint";
    });
}
bool take_strength(Line& l) {
    bool strong = false;
    for (const char* mod : {"volatile", "relaxed", "acquire", "release"}) strong |= l.take(mod);
    return strong;
}
std::size_t take_vector(Line& l) {
    return l.take("v2") ? 2 : l.take("v4") ? 4 : 1;
}

template <bool loads>
void decode_access(Line& l) {
    const bool strong = take_strength(l);
    const Space space = take_space(l);
    take_hints(l);
    const std::size_t count = take_vector(l);
    const Type t = l.type();
    const Operand& data = l.operand(loads ? 0 : 1);
    std::vector<Operand> parts =
        data.kind == Operand::vector ? data.parts : std::vector<Operand>{data};
    if (parts.size() != count) l.fail("a vector of another size");
    l.i.count = static_cast<std::uint8_t>(count);
    int width = 0;
    for (const Operand& p : parts) {
        const Type r = l.register_type(p);
        const int bytes = r == Type::none ? std::max(size_of(t), 2) : std::max(size_of(r), 2);
        if (width && bytes != width && p.text != "_") l.fail("registers of several widths");
        if (p.text != "_") width = bytes;
    }
    const Type raw = width == 2   ? Type::b16
                     : width == 4 ? Type::b32
                     : width == 8 ? Type::b64
                                  : Type::b128;
    for (std::size_t k = 0; k < count; ++k) {
        if (parts[k].text == "_") continue;
        if (loads)
            l.i.r[k] = l.out(parts[k], raw);
        else
            l.i.r[k] = l.in(parts[k], raw);
    }
    l.address(loads ? 1 : 0, address_at, space);
    if (loads && l.i.space == Space::param &&
        l.i.r[address_at] == l.decoder.special(Special::param_base))
        l.i.run = pick<LoadParam>(t, width);
    else
        l.i.run = loads ? pick<Load>(t, width) : pick<Store>(t, width);
    if (!l.i.run) l.fail("this type is not supported here");
    if (strong && loads) l.i.flow = Flow::strong;
}

void fence(Warp&, const Insn&, u32) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
}
void decode_fence(Line& l) {
    l.mods.clear();
    l.i.run = fence;
}
void nothing(Warp&, const Insn&, u32) {}
void decode_nothing(Line& l) {
    l.mods.clear();
    l.i.run = nothing;
}

// cp.async: copied at once, which the rules allow.
void copy_async(Warp& w, const Insn& i, u32 m) {
    alignas(64) u64 to[lanes];
    alignas(64) u64 from[lanes];
    addresses(w, i, i.r[0], to);
    Insn source = i;
    source.space = Space::global;
    source.narrow_address = false;
    source.imm = 0;
    addresses(w, source, i.r[1], from);
    check(w, i, m, to, i.count, Use::store);
    const u32* size = i.r[2] == no_ref ? nullptr : w.reg<u32>(i.r[2]);
    one_by_one(m, [&](int l) {
        const std::size_t n = size ? std::min<std::size_t>(size[l], i.count) : i.count;
        if (n) check(w, source, 1u << l, from, n & (n - 1) ? 1 : n, Use::load);
        w.counts->loaded += n;
        std::memcpy(reinterpret_cast<void*>(to[l]), reinterpret_cast<const void*>(from[l]), n);
        std::memset(reinterpret_cast<char*>(to[l]) + n, 0, i.count - n);
    });
}
void decode_cp(Line& l) {
    if (!l.take("async")) l.fail("not supported");
    if (l.take("commit_group") || l.take("wait_group") || l.take("wait_all")) {
        l.i.run = nothing;
        return;
    }
    if (l.take("bulk") || l.take("mbarrier"))
        l.fail("bulk copies and memory barriers are not supported");
    take_hints(l);
    l.ignore({"shared", "shared::cta", "global"});
    l.i.count = static_cast<std::uint8_t>(l.operand(2).value);
    l.address(1, 1, Space::global);
    if (l.i.imm != 0) {  // one offset an instruction: add the other's beforehand
        Insn add;
        add.run = [](Warp& w, const Insn& i, u32 m) {
            const u64 n = static_cast<u64>(i.imm);
            each(
                m, w.reg<u64>(i.r[0]), [n](u64 a) { return a + n; }, w.reg<u64>(i.r[1]));
        };
        add.imm = l.i.imm;
        add.r[1] = l.i.r[1];
        add.r[0] = l.temporary(Type::b64);
        l.i.r[1] = add.r[0];
        l.i.imm = 0;
        l.emit(add);
    }
    if (l.operands() > 3) l.i.r[2] = l.in(3, Type::u32);
    l.address(0, 0, Space::shared);
    l.i.run = copy_async;
}

}  // namespace

void add_memory_ops(Ops& ops) {
    ops["ld"] = decode_access<true>;
    ops["ldu"] = decode_access<true>;
    ops["st"] = decode_access<false>;
    ops["membar"] = decode_fence;
    ops["fence"] = decode_fence;
    ops["prefetch"] = decode_nothing;
    ops["prefetchu"] = decode_nothing;
    ops["applypriority"] = decode_nothing;
    ops["discard"] = decode_nothing;
    ops["pmevent"] = decode_nothing;
    ops["griddepcontrol"] = decode_nothing;
    ops["cp"] = decode_cp;
}

}  // namespace ptxrun
