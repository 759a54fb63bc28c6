// Draws the synapses of one source by all threads of a team: the row that draw_row
// (src/engine/synapses/connect.hpp) draws one synapse after the other.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/random.hpp"
#include "kernels/synapses/permutation.hpp"

namespace snnsim {

/// A word as a number below n.
SNN_HD inline std::uint32_t below(std::uint32_t word, std::uint32_t n) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(word) * n >> 32);
}

/// How the k-th synapse of a row follows from the k-th pair of words (see SynapseWords).
enum class RowForm : std::uint8_t {
    same_cell,    // the target has the source's number
    block,        // targets beside each other
    everyone,     // all targets in turn
    any_targets,  // any target, also twice
    stubs,        // places of targets, shared out in random order: see Connection
    distinct      // any target, but none twice: what is drawn a second time does not count
};

/// Draws that found a target first. Entries: target, and the number of the draw; empty ones are
/// all ones.
struct FirstDraws {
    std::uint64_t* entries;
    std::uint32_t bits;  // 2^bits entries: more than there are targets to find

    static constexpr std::uint64_t none = 0xFFFFFFFFFFFFFFFFu;

    SNN_HD std::uint32_t size() const { return 1u << bits; }
    SNN_HD void put(std::uint32_t target, std::uint32_t draw) const {
        const std::uint64_t own = std::uint64_t{target} << 32 | draw;
        for (std::uint32_t at = place(target);; at = (at + 1) & (size() - 1)) {
            const std::uint64_t found = put_if_empty(entries + at, own);
            if (found == none) return;
            if (found >> 32 != target) continue;
            keep_smaller(entries + at, own);
            return;
        }
    }
    /// The first draw of a target; all ones: there is none.
    SNN_HD std::uint32_t first(std::uint32_t target) const {
        for (std::uint32_t at = place(target);; at = (at + 1) & (size() - 1)) {
            // Past the caches of one processor: others have written it.
            const std::uint64_t found = static_cast<const volatile std::uint64_t*>(entries)[at];
            if (found == none || found >> 32 == target) return static_cast<std::uint32_t>(found);
        }
    }

  private:
    SNN_HD std::uint32_t place(std::uint32_t target) const {
        return target * 0x9E3779B1u >> (32 - bits);
    }
    SNN_HD static std::uint64_t put_if_empty(std::uint64_t* entry, std::uint64_t own) {
#ifdef __CUDA_ARCH__
        return atomicCAS(reinterpret_cast<unsigned long long*>(entry),
                         static_cast<unsigned long long>(none),
                         static_cast<unsigned long long>(own));
#else
        const std::uint64_t found = *entry;
        if (found == none) *entry = own;
        return found;
#endif
    }
    SNN_HD static void keep_smaller(std::uint64_t* entry, std::uint64_t own) {
#ifdef __CUDA_ARCH__
        atomicMin(reinterpret_cast<unsigned long long*>(entry),
                  static_cast<unsigned long long>(own));
#else
        if (own < *entry) *entry = own;
#endif
    }
};

/// The rows of a projection, to be drawn.
struct DrawnRows {
    RowForm form = RowForm::any_targets;
    bool skips_itself = false;
    std::uint64_t seed = 1;
    std::uint32_t number = 0;  // of the projection
    std::uint32_t sources = 0, targets = 0;
    const std::uint32_t* degrees = nullptr;  // by source; null: `degree`, of all
    std::uint32_t degree = 0;
    Permutation stubs;
    const std::uint64_t* first_stub = nullptr;
    std::uint64_t in_degree = 1;

    SNN_HD std::uint32_t degree_of(std::uint32_t source) const {
        return degrees ? degrees[source] : degree;
    }

    /// Calls emit(target, attributes) for the synapses of a source, each in one of the team's
    /// threads. `found`: for distinct targets, the team's own.
    template <class Team, class Emit>
    SNN_HD void draw(std::uint32_t source, FirstDraws found, const Team& team,
                     const Emit& emit) const {
        const std::uint32_t own_degree = degree_of(source);
        const std::uint32_t self = skips_itself ? source : targets;
        const RandomKey key{seed, Stream::synapses, source, number, 0};
        if (form == RowForm::distinct) {
            draw_distinct(key, own_degree, self, found, team, emit);
        } else if (form == RowForm::any_targets && self < targets) {
            std::uint32_t done = 0, drawn = 0;
            while (done < own_degree) {
                const std::uint32_t end = drawn + (own_degree - done);
                std::uint32_t own = 0, all = 0;
                for_each_pair(key, drawn, end, team,
                              [&](std::uint32_t, std::uint32_t word, std::uint32_t attributes) {
                                  const std::uint32_t target = below(word, targets);
                                  if (target == self) return;
                                  emit(target, attributes);
                                  ++own;
                              });
                team.sum_before(own, all);
                done += all;
                drawn = end;
            }
        } else {
            for_each_pair(key, 0, own_degree, team,
                          [&](std::uint32_t k, std::uint32_t word, std::uint32_t attributes) {
                              emit(target_of(source, own_degree, self, k, word), attributes);
                          });
        }
    }

  private:
    /// Calls f(k, first word, second word) for the pairs of words first .. end - 1, two of which a
    /// draw of random words gives.
    template <class Team, class F>
    SNN_HD static void for_each_pair(const RandomKey& key, std::uint32_t first, std::uint32_t end,
                                     const Team& team, const F& f) {
        for (std::uint32_t block = first / 2 + team.lane; 2 * block < end; block += team.lanes) {
            const Philox4 words = key.draw(block);
            if (2 * block >= first) f(2 * block, words.word[0], words.word[1]);
            if (2 * block + 1 < end) f(2 * block + 1, words.word[2], words.word[3]);
        }
    }
    SNN_HD std::uint32_t target_of(std::uint32_t source, std::uint32_t own_degree,
                                   std::uint32_t self, std::uint32_t k, std::uint32_t word) const {
        switch (form) {
            case RowForm::same_cell:
                return source;
            case RowForm::block:
                return own_degree > 1 ? source * own_degree + k
                                      : source / (sources > targets ? sources / targets : 1u);
            case RowForm::everyone:
                return k + (k >= self ? 1u : 0u);
            case RowForm::stubs:
                return static_cast<std::uint32_t>(stubs(first_stub[source] + k) / in_degree);
            case RowForm::any_targets:
            case RowForm::distinct:
                break;
        }
        return below(word, targets);
    }
    template <class Team, class Emit>
    SNN_HD void draw_distinct(const RandomKey& key, std::uint32_t own_degree, std::uint32_t self,
                              FirstDraws found, const Team& team, const Emit& emit) const {
        const std::uint32_t candidates = self < targets ? targets - 1 : targets;
        const bool few = own_degree <= candidates / 2;
        if (few) {
            find(key, own_degree, self, found, team, emit);
            return;
        }
        // Those that are left out are drawn.
        const std::uint32_t drawn = find(key, candidates - own_degree, self, found, team,
                                         [](std::uint32_t, std::uint32_t) {});
        std::uint32_t before = drawn;
        for (std::uint32_t first = 0; first < targets; first += team.lanes) {
            const std::uint32_t target = first + team.lane;
            const bool in = target < targets && target != self &&
                            found.first(target) == static_cast<std::uint32_t>(FirstDraws::none);
            std::uint32_t all = 0;
            const std::uint32_t k = before + team.sum_before(in ? 1u : 0u, all);
            before += all;
            if (in) emit(target, key.draw(k / 2).select(k % 2 * 2 + 1));
        }
    }
    /// Draws until there are `wanted` targets; how many draws that took. What has been drawn up to
    /// now is put into the table before anyone asks whether a draw was the first of its target.
    template <class Team, class Emit>
    SNN_HD std::uint32_t find(const RandomKey& key, std::uint32_t wanted, std::uint32_t self,
                              FirstDraws found, const Team& team, const Emit& emit) const {
        team.wait();  // all are done with the row before
        for (std::uint32_t k = team.lane; k < found.size(); k += team.lanes)
            found.entries[k] = FirstDraws::none;
        std::uint32_t done = 0, drawn = 0;
        while (done < wanted) {
            const std::uint32_t end = drawn + (wanted - done);
            team.wait();
            for_each_pair(key, drawn, end, team,
                          [&](std::uint32_t k, std::uint32_t word, std::uint32_t) {
                              const std::uint32_t target = below(word, targets);
                              if (target != self) found.put(target, k);
                          });
            team.wait();
            std::uint32_t own = 0, all = 0;
            for_each_pair(key, drawn, end, team,
                          [&](std::uint32_t k, std::uint32_t word, std::uint32_t attributes) {
                              const std::uint32_t target = below(word, targets);
                              if (target == self || found.first(target) != k) return;
                              emit(target, attributes);
                              ++own;
                          });
            team.sum_before(own, all);
            done += all;
            drawn = end;
        }
        team.wait();
        return drawn;
    }
};

}  // namespace snnsim
