// Runs grids. Lanes of a warp that are at the same instruction run together as a group; of several
// groups the one deepest in calls and furthest back goes first, so that they meet again, but none
// waits for ever. Warps take turns, and so do blocks.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

#include "frame.hpp"
#include "lanes.hpp"
#include "machine_calls.hpp"

namespace ptxrun {
namespace {

constexpr std::int64_t warp_turn = 20'000, block_turn = 400'000;
constexpr std::uint64_t patience =
    4'000;  // instructions a group runs while another one of the warp is ready
constexpr int strong_cost = 24, sleep_cost = 4'000;
constexpr std::uint32_t no_limit = ~0u;

struct Runner {
    Warp& w;
    Block& b;

    // --- groups ---

    void merge() {
        auto& g = w.groups;
        for (std::size_t x = 0; x < g.size(); ++x)
            for (std::size_t y = x + 1; y < g.size();) {
                if (g[x].frame == g[y].frame && g[x].pc == g[y].pc && g[x].wait != Wait::barrier &&
                    g[y].wait != Wait::barrier) {
                    g[x].mask |= g[y].mask;
                    if (g[x].wait != g[y].wait || g[x].wait == Wait::sync) g[x].wait = Wait::ready;
                    g.erase(g.begin() + static_cast<std::ptrdiff_t>(y));
                } else {
                    ++y;
                }
            }
    }
    /// A shuffle lets some lanes of a group run ahead of the others, as a device may.
    void split() {
        const std::size_t k = w.dice->roll(static_cast<std::uint32_t>(w.groups.size()));
        Group& g = w.groups[k];
        const std::uint32_t part = g.mask & w.dice->roll(~0u);
        if (g.wait != Wait::ready || part == 0 || part == g.mask) return;
        g.mask &= ~part;
        w.groups.push_back({g.frame, g.pc, part, Wait::ready, 0, g.since});
        w.apart_until = w.clock + 10 + w.dice->roll(200);
    }
    bool apart() const { return w.clock < w.apart_until; }
    int choose() {
        if (w.groups.size() > 1 && !apart()) merge();
        if (w.dice && !apart() && !w.groups.empty() && w.dice->roll(4) == 0) split();
        const int chosen = choose_ready();
        if (chosen >= 0 || !apart()) return chosen;
        w.apart_until = 0;  // all wait: perhaps for each other
        merge();
        return choose_ready();
    }
    int choose_ready() {
        auto& g = w.groups;
        int best = -1, oldest = -1, ready = 0;
        for (int k = 0; k < static_cast<int>(g.size()); ++k) {
            if (g[k].wait != Wait::ready) continue;
            ++ready;
            if (best < 0 || g[k].frame->depth > g[best].frame->depth ||
                (g[k].frame->depth == g[best].frame->depth && g[k].pc < g[best].pc))
                best = k;
            if (oldest < 0 || g[k].since < g[oldest].since) oldest = k;
        }
        if (ready <= 1) return best;
        if (w.dice && (apart() || w.dice->roll(8) == 0)) {  // any of them
            int n = static_cast<int>(w.dice->roll(static_cast<std::uint32_t>(ready)));
            for (int k = 0; k < static_cast<int>(g.size()); ++k)
                if (g[k].wait == Wait::ready && n-- == 0) return k;
        }
        if (w.clock < w.turn_end)
            for (int k = 0; k < static_cast<int>(g.size()); ++k)
                if (g[k].wait == Wait::ready && (g[k].mask & w.turn_lanes)) return k;
        if (oldest != best && w.clock - g[oldest].since > patience) {
            w.turn_lanes = g[oldest].mask;
            w.turn_end = w.clock + patience;
            return oldest;
        }
        return best;
    }
    /// The first place ahead where another group of this frame is, to be met there.
    std::uint32_t limit_for(std::size_t mine) const {
        std::uint32_t limit = no_limit;
        if (apart()) return limit;
        for (std::size_t k = 0; k < w.groups.size(); ++k)
            if (k != mine && w.groups[k].frame == w.groups[mine].frame &&
                w.groups[k].wait != Wait::barrier && w.groups[k].pc > w.groups[mine].pc)
                limit = std::min(limit, w.groups[k].pc);
        return limit;
    }

    // --- barriers ---

    bool complete(const Barrier& bar) const {
        return bar.expected ? bar.arrived >= bar.expected
                            : bar.arrived >= static_cast<std::uint32_t>(b.live);
    }
    void release(int id) {
        Barrier& bar = b.barriers[static_cast<std::size_t>(id)];
        ++b.epoch;
        for (std::size_t k = 0; k < b.warp_count; ++k) {
            Warp& v = *b.warps[k];
            std::uint32_t pc = no_limit;
            for (Group& g : v.groups) {
                if (g.wait != Wait::barrier || g.barrier != id) continue;
                const Insn& i = g.frame->code->insns[g.pc];
                if (settings().check && i.aligned && pc != no_limit && pc != g.pc)
                    complain(
                        v, i, std::countr_zero(g.mask),
                        "divergent barrier: threads of one warp wait at this barrier and at line " +
                            std::to_string(g.frame->code->insns[pc].line));
                pc = g.pc;
                char* regs = g.frame->registers;
                if (i.variant == 2)
                    one_by_one(g.mask, [&](int l) {
                        reinterpret_cast<std::uint32_t*>(regs + i.r[0])[l] = bar.sum;
                    });
                else if (i.variant >= 3)
                    set_pred(*reinterpret_cast<std::uint32_t*>(regs + i.r[0]), g.mask,
                             (i.variant == 3 ? bar.and_all : bar.or_all) ? ~0u : 0);
                g.wait = Wait::ready;
                ++g.pc;
            }
        }
        if (settings().check && !bar.expected && b.live != b.threads && told_exited != b.grid->id) {
            told_exited = b.grid->id;
            std::fprintf(stderr,
                         "ptxrun: note: kernel %s: a barrier was passed by the block's remaining "
                         "%d of %d threads; the others had ended\n",
                         b.grid->kernel->name.c_str(), b.live, b.threads);
        }
        bar = Barrier{};
    }
    static inline thread_local std::uint64_t told_exited = ~std::uint64_t{0};

    /// True: the group goes on (arrive, or the last to come).
    void arrive(std::size_t mine, const Insn& i, std::uint32_t m) {
        w.use(w.groups[mine].frame);
        const int lane = std::countr_zero(m);
        const std::uint32_t id = w.reg<std::uint32_t>(i.r[1])[lane];
        if (id > 15) fault(w, i, lane, 719, "barrier " + std::to_string(id) + ": there are 16");
        Barrier& bar = b.barriers[id];
        if (i.r[2] != no_ref) bar.expected = w.reg<std::uint32_t>(i.r[2])[lane];
        // A warp that has fewer threads than lanes counts as whole where a number is asked for.
        std::uint32_t count = static_cast<std::uint32_t>(std::popcount(m));
        if (bar.expected && w.exists != all_lanes && m == w.live) count = lanes;
        bar.arrived += count;
        if (i.variant >= 2) {
            const std::uint32_t p = w.pred(i.r[3]) & m;
            bar.sum += static_cast<std::uint32_t>(std::popcount(p));
            bar.and_all &= p == m;
            bar.or_all |= p != 0;
        }
        if (i.variant == 1) {
            ++w.groups[mine].pc;
        } else {
            w.groups[mine].wait = Wait::barrier;
            w.groups[mine].barrier = static_cast<std::uint8_t>(id);
        }
        if (complete(bar)) release(static_cast<int>(id));
    }
    void ended(std::uint32_t m) {
        w.live &= ~m;
        b.live -= std::popcount(m);
        for (Group& g : w.groups)
            if (g.wait == Wait::sync) g.wait = Wait::ready;
        for (int id = 0; id < 16; ++id)
            if (const Barrier& bar = b.barriers[static_cast<std::size_t>(id)];
                bar.arrived && complete(bar) && b.live > 0)
                release(id);
    }

    // --- calls ---

    void call(std::size_t mine, const Insn& i, std::uint32_t m) {
        Frame* from = w.groups[mine].frame;
        const CallSite& site = from->code->calls[static_cast<std::size_t>(i.imm)];
        const std::uint32_t pc = w.groups[mine].pc, rest = w.groups[mine].mask & ~m;
        w.use(from);
        Code* callee = site.callee;
        if (!callee && site.pointer != no_ref) {
            const std::uint64_t target = w.reg<std::uint64_t>(site.pointer)[std::countr_zero(m)];
            std::uint32_t same = 0;
            one_by_one(m, [&](int l) {
                same |= std::uint32_t{w.reg<std::uint64_t>(site.pointer)[l] == target} << l;
            });
            callee = code_at(*w.grid->kernel, target);
            if (!callee)
                fault(w, i, std::countr_zero(m), 719,
                      "call of address " + std::to_string(target) + ", which is no function");
            if (same != m) {  // one function at a time
                w.groups.push_back(w.groups[mine]);
                w.groups.back().mask = m & ~same;
                m = same;
            }
        }
        if (!callee) {
            machine_call(w, i, site, m);
            w.groups[mine].mask = m | rest;
            ++w.groups[mine].pc;
            return;
        }
        if (from->depth > 10'000) fault(w, i, std::countr_zero(m), 719, "calls too deep");
        Frame* f = take_frame(w, *callee);
        f->parent = from;
        f->depth = from->depth + 1;
        f->return_pc = pc + 1;
        f->mask = m;
        f->call = &site;
        for (std::size_t k = 0; k < site.args.size() && k < callee->params.size(); ++k)
            one_by_one(m, [&](int l) {
                std::memcpy(f->lane_memory + static_cast<std::size_t>(l) * callee->lane_bytes +
                                callee->params[k].at,
                            from->lane_memory +
                                static_cast<std::size_t>(l) * from->code->lane_bytes + site.args[k],
                            callee->params[k].bytes);
            });
        w.groups[mine].frame = f;
        w.groups[mine].pc = 0;
        w.groups[mine].mask = m;
        if (rest) w.groups.push_back({from, pc + 1, rest, Wait::ready, 0, w.clock});
    }
    /// Lanes m leave their frame.
    void leave(std::size_t mine, std::uint32_t m) {
        Frame* f = w.groups[mine].frame;
        Frame* to = f->parent;
        const CallSite& site = *f->call;
        for (std::size_t k = 0; k < site.results.size() && k < f->code->returns.size(); ++k)
            one_by_one(m, [&](int l) {
                std::memcpy(to->lane_memory + static_cast<std::size_t>(l) * to->code->lane_bytes +
                                site.results[k],
                            f->lane_memory + static_cast<std::size_t>(l) * f->code->lane_bytes +
                                f->code->returns[k].at,
                            f->code->returns[k].bytes);
            });
        const std::uint32_t back = f->return_pc;
        w.groups[mine].mask &= ~m;
        f->mask &= ~m;
        if (w.groups[mine].mask == 0)
            w.groups.erase(w.groups.begin() + static_cast<std::ptrdiff_t>(mine));
        w.groups.push_back({to, back, m, Wait::ready, 0, w.clock});
        if (f->mask == 0) drop_frame(w, f);
    }

    // --- a turn ---

    /// Runs the chosen group until something else is to be chosen.
    void run_group(std::size_t mine, std::int64_t& budget) {
        Group* g = &w.groups[mine];
        Frame* const frame = g->frame;
        w.use(frame);
        const Code& code = *frame->code;
        const Insn* const insns = code.insns.data();
        const std::uint32_t mask = g->mask;
        std::uint32_t pc = g->pc;
        const bool alone = w.groups.size() == 1;
        const std::uint32_t limit = alone ? no_limit : limit_for(mine);
        Counts& counts = *w.counts;
        const auto width = static_cast<std::uint64_t>(std::popcount(mask));
        std::uint64_t steps = 0;
        const bool by_line = settings().profile != nullptr;
        const auto pause = [&] {
            g->pc = pc;
            g->since = w.clock += steps;
            budget -= static_cast<std::int64_t>(steps);
            counts.warp_instructions += steps;
            steps = 0;
        };
        for (;;) {
            const Insn& i = insns[pc];
            std::uint32_t m = mask;
            if (i.guard != no_ref) {
                const std::uint32_t p = w.pred(i.guard);
                m &= i.guard_negated ? ~p : p;
            }
            ++steps;
            counts.instructions += width;
            ++counts.warps;
            if (by_line) {
                ++i.ran_warps;
                i.ran_threads += width;
            }
            switch (i.flow) {
                case Flow::plain:
                    if (m) i.run(w, i, m);
                    ++pc;
                    break;
                case Flow::strong:
                    if (m) i.run(w, i, m);
                    ++pc;
                    steps += strong_cost;
                    break;
                case Flow::sleep:
                    ++pc;
                    w.yielded = true;
                    steps += sleep_cost;
                    pause();
                    return;
                case Flow::branch:
                    if (m == mask) {
                        pc = static_cast<std::uint32_t>(i.imm);
                        if (!alone) return pause();
                    } else if (m == 0) {
                        ++pc;
                    } else {
                        ++pc;
                        pause();
                        g->mask = mask & ~m;
                        w.groups.push_back(
                            {frame, static_cast<std::uint32_t>(i.imm), m, Wait::ready, 0, w.clock});
                        return;
                    }
                    break;
                case Flow::branch_index: {
                    const auto& table = code.tables[static_cast<std::size_t>(i.imm)];
                    const std::uint32_t* index = w.reg<std::uint32_t>(i.r[1]);
                    std::uint32_t left = m;
                    if (m == 0) {
                        ++pc;
                        break;
                    }
                    ++pc;
                    pause();
                    const std::uint32_t rest = mask & ~m;
                    bool first = true;
                    while (left) {
                        const int lane = std::countr_zero(left);
                        if (index[lane] >= table.size())
                            fault(w, i, lane, 719,
                                  "brx.idx: index " + std::to_string(index[lane]) + " of " +
                                      std::to_string(table.size()));
                        std::uint32_t same = 0;
                        one_by_one(left, [&](int l) {
                            same |= std::uint32_t{index[l] == index[lane]} << l;
                        });
                        left &= ~same;
                        if (first) {
                            w.groups[mine].mask = same;
                            w.groups[mine].pc = table[index[lane]];
                        } else {
                            w.groups.push_back(
                                {frame, table[index[lane]], same, Wait::ready, 0, w.clock});
                        }
                        first = false;
                    }
                    if (rest) w.groups.push_back({frame, pc, rest, Wait::ready, 0, w.clock});
                    return;
                }
                case Flow::warp_sync: {
                    if (m == 0) {
                        ++pc;
                        break;
                    }
                    if (m != mask) {  // the others go on, these wait alone
                        const std::uint32_t rest = mask & ~m;
                        pause();
                        g->mask = m;
                        w.groups.push_back({frame, pc + 1, rest, Wait::ready, 0, w.clock});
                        return;
                    }
                    const int lane = std::countr_zero(m);
                    const std::uint32_t* members = w.reg<std::uint32_t>(i.r[5]);
                    // Lanes that name other members are a group of their own.
                    std::uint32_t same = 0;
                    one_by_one(
                        m, [&](int l) { same |= std::uint32_t{members[l] == members[lane]} << l; });
                    const std::uint32_t who = members[lane], need = who & w.live;
                    if (settings().check && (same & ~who))
                        complain(w, i, std::countr_zero(same & ~who),
                                 "a thread takes part that the mask " + std::to_string(who) +
                                     " does not name");
                    if (need & ~same) {
                        if (same != m) {
                            // Some other members' set may be whole among the rest.
                            std::uint32_t left = m & ~same;
                            bool done = false;
                            while (left && !done) {
                                const int k = std::countr_zero(left);
                                std::uint32_t set = 0;
                                one_by_one(left, [&](int l) {
                                    set |= std::uint32_t{members[l] == members[k]} << l;
                                });
                                left &= ~set;
                                if (!((members[k] & w.live) & ~set)) {
                                    i.run(w, i, set);
                                    ++w.sync_epoch;
                                    pause();
                                    g->mask = m & ~set;
                                    w.groups.push_back(
                                        {frame, pc + 1, set, Wait::ready, 0, w.clock});
                                    done = true;
                                }
                            }
                            if (done) return;
                        }
                        pause();
                        g->wait = Wait::sync;
                        return;
                    }
                    i.run(w, i, same);
                    ++w.sync_epoch;
                    if (same != m) {
                        pause();
                        g->mask = m & ~same;
                        w.groups.push_back({frame, pc + 1, same, Wait::ready, 0, w.clock});
                        return;
                    }
                    ++pc;
                    break;
                }
                case Flow::barrier: {
                    if (m == 0) {
                        ++pc;
                        break;
                    }
                    const std::uint32_t rest = mask & ~m;
                    pause();
                    if (rest) {
                        g->mask = m;
                        w.groups.push_back({frame, pc + 1, rest, Wait::ready, 0, w.clock});
                    }
                    arrive(mine, i, m);
                    return;
                }
                case Flow::call:
                    if (m == 0) {
                        ++pc;
                        break;
                    }
                    pause();
                    call(mine, i, m);
                    return;
                case Flow::ret:
                    if (m == 0) {
                        ++pc;
                        break;
                    }
                    ++pc;
                    pause();
                    if (frame->parent)
                        leave(mine, m);
                    else
                        finish(mine, m);
                    return;
                case Flow::exit:
                    if (m == 0) {
                        ++pc;
                        break;
                    }
                    ++pc;
                    pause();
                    finish(mine, m);
                    return;
                case Flow::trap:
                    if (m == 0) {
                        ++pc;
                        break;
                    }
                    if (i.imm >= 0) {
                        const auto& text = code.tables[static_cast<std::size_t>(i.imm)];
                        fault(w, i, std::countr_zero(m), 801,
                              std::string(text.begin(), text.end()));
                    }
                    fault(w, i, std::countr_zero(m), 719, "trap");
            }
            if (pc >= limit) return pause();
            if (static_cast<std::int64_t>(steps) >= budget || (!alone && steps > patience))
                return pause();
        }
    }
    void finish(std::size_t mine, std::uint32_t m) {
        w.groups[mine].mask &= ~m;
        for (Frame* f = w.groups[mine].frame; f->parent;) {
            Frame* up = f->parent;
            f->mask &= ~m;
            if (!f->mask) drop_frame(w, f);
            f = up;
        }
        if (!w.groups[mine].mask)
            w.groups.erase(w.groups.begin() + static_cast<std::ptrdiff_t>(mine));
        ended(m);
    }

    /// Uses up to `budget`; true when it ran at all.
    bool turn(std::int64_t budget) {
        bool ran = false;
        w.yielded = false;
        while (budget > 0 && !w.yielded) {
            const int g = choose();
            if (g < 0) break;
            ran = true;
            run_group(static_cast<std::size_t>(g), budget);
        }
        return ran;
    }
};

// --- blocks ---

void start_block(Block& b, Grid& g, std::size_t index, Counts& counts, Dice* dice) {
    b.grid = &g;
    b.index = index;
    b.at = {static_cast<unsigned>(index % g.grid.x),
            static_cast<unsigned>(index / g.grid.x % g.grid.y),
            static_cast<unsigned>(index / g.grid.x / g.grid.y)};
    b.threads = b.live = static_cast<int>(g.block.all());
    b.warp_count = static_cast<std::size_t>((b.threads + lanes - 1) / lanes);
    b.barriers.fill({});
    b.smid = static_cast<int>(index % static_cast<std::size_t>(settings().processors));
    ++b.epoch;
    b.turn = 0;
    if (b.shared_capacity < g.shared_bytes + 64) {
        std::free(b.shared);
        b.shared_capacity = (g.shared_bytes + 64 + 4095) / 4096 * 4096;
        b.shared = static_cast<char*>(std::aligned_alloc(4096, b.shared_capacity));
    }
    if (settings().check >= 2) std::memset(b.shared, 0xCB, g.shared_bytes);
    while (b.warps.size() < b.warp_count) b.warps.push_back(std::make_unique<Warp>());
    for (std::size_t k = 0; k < b.warp_count; ++k) {
        Warp& w = *b.warps[k];
        w.block = &b;
        w.grid = &g;
        w.shared = b.shared;
        w.counts = &counts;
        w.dice = dice;
        w.index = static_cast<int>(k);
        const int threads = std::min(lanes, b.threads - static_cast<int>(k) * lanes);
        w.exists = w.live = threads == lanes ? all_lanes : (1u << threads) - 1;
        w.carry = 0;
        w.turn_end = 0;
        w.apart_until = 0;
        prepare_frame(w, w.root, *g.code);
        w.root.depth = 0;
        w.root.parent = nullptr;
        w.groups.clear();
        w.groups.push_back({&w.root, 0, w.exists, Wait::ready, 0, w.clock});
    }
}

[[noreturn]] void deadlock(Block& b) {
    std::string text = "deadlock: no thread of the block can go on;";
    const Warp* some = nullptr;
    const Insn* where = nullptr;
    int told = 0;
    for (std::size_t k = 0; k < b.warp_count; ++k)
        for (const Group& g : b.warps[k]->groups) {
            const Insn& i = g.frame->code->insns[g.pc];
            some = b.warps[k].get();
            where = &i;
            if (told++ < 8)
                text += " warp " + std::to_string(k) + " lanes " + std::to_string(g.mask) +
                        (g.wait == Wait::barrier ? " at the barrier of line "
                                                 : " at the warp's synchronisation of line ") +
                        std::to_string(i.line) + ";";
        }
    fault(*some, *where, 0, 719, text);
}

/// Runs the block's warps in turn until all end or `budget` is used up. True: all have ended.
bool run_block(Block& b, std::int64_t budget, Dice* dice) {
    int idle = 0;
    while (b.live > 0) {
        if (b.turn >= b.warp_count) b.turn = 0;
        const std::size_t k =
            dice ? dice->roll(static_cast<std::uint32_t>(b.warp_count)) : b.turn++;
        Warp& w = *b.warps[k];
        const std::int64_t mine = dice ? 20 + dice->roll(400) : warp_turn;
        const std::uint64_t before = w.clock;
        bool ran = !w.groups.empty() && Runner{w, b}.turn(mine);
        if (ran)
            idle = 0;
        else if (++idle > static_cast<int>(b.warp_count)) {
            bool any = false;  // with dice some warp may not have had its turn
            for (std::size_t q = 0; q < b.warp_count && !any; ++q)
                any = !b.warps[q]->groups.empty() && Runner{*b.warps[q], b}.turn(50);
            if (!any) deadlock(b);
            idle = 0;
        }
        budget -= static_cast<std::int64_t>(w.clock - before) + 1;
        if (budget <= 0 && b.live > 0) return false;
        if (b.grid->stop.load(std::memory_order_relaxed)) return true;
    }
    return true;
}

struct Worker {
    std::vector<std::unique_ptr<Block>> spare;
    Counts counts;
};

std::size_t resident(const Grid& g) {
    if (g.cooperative) return g.grid.all();
    const std::size_t per = std::max<std::size_t>(
        1,
        std::min<std::size_t>(32, 2048 / std::max<std::size_t>(1, (g.block.all() + 31) / 32 * 32)));
    return std::max<std::size_t>(per * static_cast<std::size_t>(settings().processors), 16);
}

std::mutex fault_lock;

void work(Worker& me, Grid& g, Dice* dice, const std::vector<std::uint32_t>* order,
          std::string& failure, int& status) {
    std::vector<std::unique_ptr<Block>> live;
    const std::size_t all = g.grid.all(),
                      most = std::max<std::size_t>(
                          1, resident(g) / static_cast<std::size_t>(settings().threads));
    std::size_t at = 0;
    const auto begin = [&] {
        const std::size_t index = g.next_block.fetch_add(1);
        if (index >= all) return false;
        std::unique_ptr<Block> b;
        if (me.spare.empty())
            b = std::make_unique<Block>();
        else {
            b = std::move(me.spare.back());
            me.spare.pop_back();
        }
        start_block(*b, g, order ? (*order)[index] : index, me.counts, dice);
        live.push_back(std::move(b));
        return true;
    };
    try {
        for (;;) {
            if (live.empty() && !begin()) break;
            if (dice && live.size() < most && dice->roll(2)) begin();
            if (at >= live.size()) {
                at = 0;
                if (live.size() < most) begin();
            }
            if (dice) at = dice->roll(static_cast<std::uint32_t>(live.size()));
            const bool done = run_block(*live[at],
                                        dice ? 200 + dice->roll(20'000)
                                        : live.size() == 1 && !g.cooperative ? block_turn
                                                                             : block_turn / 8,
                                        dice);
            if (done) {
                me.spare.push_back(std::move(live[at]));
                live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
            } else {
                ++at;
            }
            if (g.stop.load(std::memory_order_relaxed)) break;
        }
    } catch (const Fault& f) {
        const std::lock_guard hold(fault_lock);
        if (failure.empty()) {
            failure = f.what;
            status = f.status;
        }
        g.stop = true;
    }
    for (auto& b : live) me.spare.push_back(std::move(b));
}

}  // namespace

void run_grid(Grid& g) {
    static std::vector<std::unique_ptr<Worker>> workers;
    static Dice shuffle(settings().shuffle);
    static const std::unique_ptr<Dice> dice =
        settings().shuffle ? std::make_unique<Dice>(settings().shuffle + 77) : nullptr;
    const int count = std::max(1, settings().threads);
    while (static_cast<int>(workers.size()) < count) workers.push_back(std::make_unique<Worker>());

    std::vector<std::uint32_t> order;
    if (dice) {
        order.resize(g.grid.all());
        for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<std::uint32_t>(k);
        for (std::size_t k = order.size(); k > 1; --k)
            std::swap(order[k - 1], order[shuffle.roll(static_cast<std::uint32_t>(k))]);
    }
    std::string failure;
    int status = 0;
    const auto begin = std::chrono::steady_clock::now();
    const int helpers =
        static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(count), g.grid.all())) - 1;
    std::vector<std::unique_ptr<Dice>> own;
    std::vector<std::thread> threads;
    for (int k = 1; k <= helpers; ++k) {
        own.push_back(dice ? std::make_unique<Dice>(dice->state + static_cast<std::uint64_t>(k))
                           : nullptr);
        threads.emplace_back([&, k] {
            work(*workers[static_cast<std::size_t>(k)], g,
                 own[static_cast<std::size_t>(k - 1)].get(), dice ? &order : nullptr, failure,
                 status);
        });
    }
    work(*workers[0], g, dice.get(), dice ? &order : nullptr, failure, status);
    for (auto& t : threads) t.join();
    Counts& c = g.kernel->counts;
    for (int k = 0; k < count; ++k) {
        c.add(workers[static_cast<std::size_t>(k)]->counts);
        workers[static_cast<std::size_t>(k)]->counts = {};
    }
    ++c.launches;
    c.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!failure.empty()) throw Fault{status, failure};
}

void Counts::add(const Counts& o) {
    launches += o.launches;
    instructions += o.instructions;
    warp_instructions += o.warp_instructions;
    loaded += o.loaded;
    stored += o.stored;
    atomics += o.atomics;
    fma += o.fma;
    for (int k = 0; k < 3; ++k) {
        sectors[k] += o.sectors[k];
        bytes_of[k] += o.bytes_of[k];
    }
    warps += o.warps;
    const_bytes += o.const_bytes;
    shared_atomics += o.shared_atomics;
    for (std::size_t k = 0; k < approx.size(); ++k) approx[k] += o.approx[k];
    seconds += o.seconds;
}

}  // namespace ptxrun
