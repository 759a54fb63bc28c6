// What the lanes of a warp do together. The scheduler runs these when all lanes named in r[5] have
// come.
#include <algorithm>

#include "decode.hpp"
#include "lanes.hpp"

namespace ptxrun {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

void member_mask(Line& l, std::size_t operand) {
    l.i.flow = Flow::warp_sync;
    l.i.r[5] = l.in(operand, Type::b32);
}
void set_all(u32* d, u32 m, u32 v) {
    for (int l = 0; l < lanes; ++l)
        if (m >> l & 1) d[l] = v;
}

void vote_all(Warp& w, const Insn& i, u32 m) {
    set_pred(w.pred(i.r[0]), m, (w.pred(i.r[1]) & m) == m ? ~0u : 0);
}
void vote_any(Warp& w, const Insn& i, u32 m) {
    set_pred(w.pred(i.r[0]), m, w.pred(i.r[1]) & m ? ~0u : 0);
}
void vote_uni(Warp& w, const Insn& i, u32 m) {
    const u32 p = w.pred(i.r[1]) & m;
    set_pred(w.pred(i.r[0]), m, p == 0 || p == m ? ~0u : 0);
}
void vote_ballot(Warp& w, const Insn& i, u32 m) {
    set_all(w.reg<u32>(i.r[0]), m, w.pred(i.r[1]) & m);
}
void decode_vote(Line& l) {
    if (!l.take("sync")) l.fail("only vote.sync is supported");
    const auto kind = l.take_of({"all", "any", "uni", "ballot"});
    l.type();
    l.i.run = kind == "all"   ? vote_all
              : kind == "any" ? vote_any
              : kind == "uni" ? vote_uni
                              : vote_ballot;
    l.i.r[1] = l.pred(1);
    l.i.r[0] = l.out(0, kind == "ballot" ? Type::b32 : Type::pred);
    member_mask(l, 2);
}

void shuffle(Warp& w, const Insn& i, u32 m) {
    u32 *d = w.reg<u32>(i.r[0]), *a = w.reg<u32>(i.r[2]), *b = w.reg<u32>(i.r[3]),
        *c = w.reg<u32>(i.r[4]);
    alignas(64) u32 out[lanes];
    u32 valid = 0;
    one_by_one(m, [&](int lane) {
        const int bval = static_cast<int>(b[lane] & 0x1F), cval = static_cast<int>(c[lane] & 0x1F),
                  segment = static_cast<int>(c[lane] >> 8 & 0x1F);
        const int highest = (lane & segment) | (cval & ~segment), lowest = lane & segment;
        int j = 0;
        bool in_range = false;
        switch (i.variant) {
            case 0:
                j = lane - bval;
                in_range = j >= highest;
                break;  // up
            case 1:
                j = lane + bval;
                in_range = j <= highest;
                break;  // down
            case 2:
                j = lane ^ bval;
                in_range = j <= highest;
                break;  // bfly
            default:
                j = lowest | (bval & ~segment);
                in_range = j <= highest;
                break;  // idx
        }
        if (!in_range) j = lane;
        out[lane] = a[j & 31];
        valid |= u32{in_range} << lane;
    });
    one_by_one(m, [&](int l) { d[l] = out[l]; });
    if (i.r[1] != no_ref) set_pred(w.pred(i.r[1]), m, valid);
}
void decode_shfl(Line& l) {
    if (!l.take("sync")) l.fail("only shfl.sync is supported");
    const auto kind = l.take_of({"up", "down", "bfly", "idx"});
    l.type();
    l.i.variant = kind == "up" ? 0 : kind == "down" ? 1 : kind == "bfly" ? 2 : 3;
    l.i.run = shuffle;
    const Operand& d = l.operand(0);
    if (!d.parts.empty()) l.i.r[1] = l.out(d.parts[0], Type::pred);
    l.i.r[0] = d.text == "_" ? l.temporary(Type::b32) : l.out(0, Type::b32);
    l.i.r[2] = l.in(1, Type::b32);
    l.i.r[3] = l.in(2, Type::b32);
    l.i.r[4] = l.in(3, Type::b32);
    member_mask(l, 4);
}

template <class T>
void match_any(Warp& w, const Insn& i, u32 m) {
    u32* d = w.reg<u32>(i.r[0]);
    T* a = w.reg<T>(i.r[2]);
    u32 out[lanes];
    one_by_one(m, [&](int l) {
        out[l] = 0;
        one_by_one(m, [&](int k) { out[l] |= u32{a[k] == a[l]} << k; });
    });
    one_by_one(m, [&](int l) { d[l] = out[l]; });
}
template <class T>
void match_all(Warp& w, const Insn& i, u32 m) {
    T* a = w.reg<T>(i.r[2]);
    const T first = a[std::countr_zero(m)];
    bool same = true;
    one_by_one(m, [&](int l) { same &= a[l] == first; });
    set_all(w.reg<u32>(i.r[0]), m, same ? m : 0);
    if (i.r[1] != no_ref) set_pred(w.pred(i.r[1]), m, same ? ~0u : 0);
}
void decode_match(Line& l) {
    const bool any = l.take("any");
    if (!any && !l.take("all")) l.fail("match needs any or all");
    if (!l.take("sync")) l.fail("only match.sync is supported");
    const Type t = l.type();
    const bool wide = size_of(t) == 8;
    l.i.run = any ? (wide ? Handler{match_any<u64>} : Handler{match_any<u32>})
                  : (wide ? Handler{match_all<u64>} : Handler{match_all<u32>});
    const Operand& d = l.operand(0);
    if (!d.parts.empty()) l.i.r[1] = l.out(d.parts[0], Type::pred);
    l.i.r[0] = d.text == "_" ? l.temporary(Type::b32) : l.out(0, Type::b32);
    l.i.r[2] = l.in(1, t);
    member_mask(l, 2);
}

template <class T>
void reduce(Warp& w, const Insn& i, u32 m) {
    T* a = w.reg<T>(i.r[2]);
    T r = a[std::countr_zero(m)];
    one_by_one(m & (m - 1), [&](int l) {
        const T v = a[l];
        switch (i.variant) {
            case 0:
                r = static_cast<T>(static_cast<u32>(r) + static_cast<u32>(v));
                break;
            case 1:
                r = std::min(r, v);
                break;
            case 2:
                r = std::max(r, v);
                break;
            case 3:
                r = r & v;
                break;
            case 4:
                r = r | v;
                break;
            case 5:
                r = r ^ v;
                break;
        }
    });
    set_all(w.reg<u32>(i.r[0]), m, static_cast<u32>(r));
}
void decode_redux(Line& l) {
    if (!l.take("sync")) l.fail("only redux.sync exists");
    constexpr const char* kinds[] = {"add", "min", "max", "and", "or", "xor"};
    for (std::uint8_t k = 0; k < 6; ++k)
        if (l.take(kinds[k])) l.i.variant = k;
    const Type t = l.type();
    if (t == Type::f32) l.fail("redux of floats is not supported");
    l.i.run = t == Type::s32 ? Handler{reduce<std::int32_t>} : Handler{reduce<u32>};
    l.i.r[0] = l.out(0, Type::b32);
    l.i.r[2] = l.in(1, Type::b32);
    member_mask(l, 2);
}
void elect(Warp& w, const Insn& i, u32 m) {
    const int leader = std::countr_zero(m);
    if (i.r[0] != no_ref) set_all(w.reg<u32>(i.r[0]), m, static_cast<u32>(leader));
    set_pred(w.pred(i.r[1]), m, 1u << leader);
}
void decode_elect(Line& l) {
    l.take("sync");
    const Operand& d = l.operand(0);
    l.i.run = elect;
    if (d.text != "_") l.i.r[0] = l.out(0, Type::b32);
    l.i.r[1] = l.out(d.parts.at(0), Type::pred);
    member_mask(l, 1);
}
void active_mask(Warp& w, const Insn& i, u32 m) {
    set_all(w.reg<u32>(i.r[0]), m, m);
}
void decode_activemask(Line& l) {
    l.type();
    l.i.run = active_mask;
    l.i.r[0] = l.out(0, Type::b32);
}

// Barriers of the block; variant: 0 sync, 1 arrive, 2 red.popc, 3 red.and, 4 red.or.
void no_work(Warp&, const Insn&, u32) {}
void decode_barrier(Line& l) {
    if (l.take("warp")) {
        l.take("sync");
        l.i.run = no_work;
        return member_mask(l, 0);
    }
    l.ignore({"cta"});
    if (l.take("cluster")) l.fail("clusters are not supported");
    const bool aligned = l.take("aligned");
    l.i.aligned = l.root == "bar" || aligned;
    l.i.flow = Flow::barrier;
    l.i.run = no_work;
    std::size_t next = 0;
    if (l.take("arrive")) {
        l.i.variant = 1;
    } else if (l.take("red")) {
        const auto op = l.take_of({"popc", "and", "or"});
        l.i.variant = op == "popc" ? 2 : op == "and" ? 3 : 4;
        l.type();
        l.i.r[0] = l.out(0, op == "popc" ? Type::b32 : Type::pred);
        l.i.r[3] = l.pred(l.operands() - 1);
        next = 1;
    } else if (!l.take("sync")) {
        l.fail("not supported");
    }
    l.i.r[1] = l.in(next, Type::u32);
    const std::size_t last = l.i.variant >= 2 ? l.operands() - 1 : l.operands();
    if (next + 1 < last) l.i.r[2] = l.in(next + 1, Type::u32);
}

}  // namespace

void add_warp_ops(Ops& ops) {
    ops["vote"] = decode_vote;
    ops["shfl"] = decode_shfl;
    ops["match"] = decode_match;
    ops["redux"] = decode_redux;
    ops["elect"] = decode_elect;
    ops["activemask"] = decode_activemask;
    ops["bar"] = decode_barrier;
    ops["barrier"] = decode_barrier;
}

}  // namespace ptxrun
