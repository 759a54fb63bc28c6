#include "access.hpp"

#include <cstdio>
#include <mutex>
#include <sstream>

namespace ptxrun {
namespace {

constexpr int illegal_address = 700, misaligned_address = 716;

std::string hex(std::uint64_t v) {
    std::ostringstream out;
    out << "0x" << std::hex << v;
    return out.str();
}
const char* name_of(Use use) {
    return use == Use::load ? "read" : use == Use::store ? "write" : "atomic operation";
}

std::string about(const Allocation& a) {
    static constexpr const char* owners[] = {"cudaMalloc", "pinned host memory", "managed memory",
                                             "registered host memory", "variable"};
    std::string out = a.owner == Owner::variable ? "variable " + a.label
                                                 : std::string(owners[static_cast<int>(a.owner)]) +
                                                       " number " + std::to_string(a.number);
    return out + " of " + std::to_string(a.bytes) + " bytes" + (a.alive ? "" : ", freed");
}

bool in_lane_memory(const Warp& w, std::uint64_t at, std::size_t bytes) {
    for (const Frame* f = w.frame; f; f = f->parent) {
        const auto begin = reinterpret_cast<std::uint64_t>(f->lane_memory);
        if (at >= begin && at + bytes <= begin + f->code->lane_bytes * lanes) return true;
    }
    return false;
}

}  // namespace

void check_slowly(Warp& w, const Insn& i, std::uint32_t m, const std::uint64_t* at,
                  std::size_t bytes, Use use) {
    const Settings& s = settings();
    if (s.race) note_race(w, i, m, at, bytes, use);
    if (s.check == 0) return;
    const auto shared = reinterpret_cast<std::uint64_t>(w.shared),
               params = reinterpret_cast<std::uint64_t>(w.grid->params);
    one_by_one(m, [&](int l) {
        const std::uint64_t a = at[l];
        const auto what = [&] {
            return std::string(name_of(use)) + " of " + std::to_string(bytes) + " bytes at ";
        };
        if (a & (bytes - 1))
            fault(
                w, i, l, misaligned_address,
                what() + hex(i.space == Space::shared ? a - shared : a) + ", which is not aligned");
        if (i.space == Space::shared) {
            if (a < shared || a + bytes > shared + w.grid->shared_bytes)
                fault(w, i, l, illegal_address,
                      what() + "shared address " +
                          std::to_string(static_cast<std::int64_t>(a - shared)) +
                          ", but the block has " + std::to_string(w.grid->shared_bytes) + " bytes");
            return;
        }
        Allocation* v = i.hint;
        if (!v || !v->holds(a, a + bytes)) {
            if (i.space != Space::global && i.space != Space::constant) {
                if (in_lane_memory(w, a, bytes)) return;
                if (i.space == Space::local)
                    fault(w, i, l, illegal_address,
                          what() + hex(a) + " outside of the thread's local memory");
                if (a >= shared && a + bytes <= shared + w.grid->shared_bytes) return;
                if (a >= params && a + bytes <= params + w.grid->param_bytes && use == Use::load)
                    return;
            }
            v = memory().find(a);
            if (!v || !v->holds(a, a + bytes)) {
                std::string text = what() + hex(a);
                if (v)
                    text += v->alive ? ", past the end of " + about(*v) : " in " + about(*v);
                else if (const Allocation* b = memory().below(a);
                         b && a - b->begin - b->bytes < (1u << 20))
                    text += ", " + std::to_string(a - b->begin - b->bytes) + " bytes behind " +
                            about(*b);
                else
                    text += ", which is no memory of the device";
                fault(w, i, l, illegal_address, text);
            }
            i.hint = v;
        }
        if (v->written) {
            std::uint8_t* marks = v->written.get() + (a - v->begin);
            if (use != Use::load) {
                if (use == Use::atomic && std::memchr(marks, 0, bytes))
                    complain(w, i, l,
                             what() + "never-written bytes " + std::to_string(a - v->begin) +
                                 " of " + about(*v));
                std::memset(marks, 1, bytes);
            } else if (std::memchr(marks, 0, bytes)) {
                complain(w, i, l,
                         what() + "never-written bytes " + std::to_string(a - v->begin) + " of " +
                             about(*v));
                std::memset(marks, 1, bytes);  // told once
            }
        }
    });
}

// For each 4 bytes of shared memory: who wrote last and who read, since the last barrier of the
// block. Threads of one warp are in order where a synchronisation of the warp lies between.
struct Seen {
    std::uint32_t epoch = 0;
    std::int16_t writer = -1, reader = -1;  // threads; -2 as a reader: several
    std::uint32_t writer_sync = 0, reader_sync = 0;
    bool atomic = false;
};
namespace {
thread_local std::map<const Block*, std::vector<Seen>> seen_of;
}

void note_race(Warp& w, const Insn& i, std::uint32_t m, const std::uint64_t* at, std::size_t bytes,
               Use use) {
    const auto shared = reinterpret_cast<std::uint64_t>(w.shared);
    Block& b = *w.block;
    auto& seen = seen_of[&b];
    if (seen.size() * 4 < w.grid->shared_bytes) seen.resize(w.grid->shared_bytes / 4 + 1);
    one_by_one(m, [&](int l) {
        const std::uint64_t off = at[l] - shared;
        if (off + bytes > w.grid->shared_bytes) return;
        const auto me = static_cast<std::int16_t>(w.index * lanes + l);
        for (std::uint64_t cell = off / 4; cell <= (off + bytes - 1) / 4; ++cell) {
            Seen& s = seen[cell];
            if (s.epoch != b.epoch + 1) s = Seen{b.epoch + 1, -1, -1, 0, 0, false};
            const auto conflicts = [&](std::int16_t other, std::uint32_t sync) {
                return other >= 0 && other != me &&
                       (other / lanes != w.index || sync == w.sync_epoch);
            };
            if (conflicts(s.writer, s.writer_sync) && !(use == Use::atomic && s.atomic))
                complain(w, i, l,
                         std::string("race: ") + name_of(use) + " of shared address " +
                             std::to_string(off) + ", which thread " + std::to_string(s.writer) +
                             " wrote with no barrier between");
            if (use != Use::load && (s.reader == -2 || conflicts(s.reader, s.reader_sync)))
                complain(
                    w, i, l,
                    "race: write of shared address " + std::to_string(off) + ", which " +
                        (s.reader == -2 ? "other threads" : "thread " + std::to_string(s.reader)) +
                        " read with no barrier between");
            if (use == Use::load) {
                if (s.reader >= 0 && s.reader / lanes != w.index)
                    s.reader = -2;
                else if (s.reader != -2) {
                    s.reader = me;
                    s.reader_sync = w.sync_epoch;
                }
            } else {
                s.writer = me;
                s.writer_sync = w.sync_epoch;
                s.atomic = use == Use::atomic;
            }
        }
    });
}

}  // namespace ptxrun
