// Addresses of an instruction's lanes, and their checks.
#pragma once

#include <algorithm>
#include <bit>

#include "lanes.hpp"

namespace ptxrun {

enum class Use : std::uint8_t { load, store, atomic };

/// What the checks found wrong is told, and ends the kernel where a device would stop it.
void check_slowly(Warp& w, const Insn& i, std::uint32_t m, const std::uint64_t* at,
                  std::size_t bytes, Use use);
void note_race(Warp& w, const Insn& i, std::uint32_t m, const std::uint64_t* at, std::size_t bytes,
               Use use);

inline void addresses(const Warp& w, const Insn& i, Ref r, std::uint64_t* out) {
    const std::uint64_t add =
        static_cast<std::uint64_t>(i.imm) +
        (i.space == Space::shared ? reinterpret_cast<std::uint64_t>(w.shared) : 0);
    if (i.narrow_address) {
        const std::uint32_t* a = w.reg<std::uint32_t>(r);
        for (int l = 0; l < lanes; ++l) out[l] = a[l] + add;
    } else {
        const std::uint64_t* a = w.reg<std::uint64_t>(r);
        for (int l = 0; l < lanes; ++l) out[l] = a[l] + add;
    }
}

/// Counts an access: bytes, and the distinct 32-byte sectors of global memory that the warp
/// touches.
inline void tally(Warp& w, const Insn& i, std::uint32_t m, const std::uint64_t* at,
                  std::size_t bytes, Use use) {
    if (!m || i.space == Space::local || i.space == Space::param) return;
    const std::uint64_t first = at[std::countr_zero(m)] - reinterpret_cast<std::uint64_t>(w.shared);
    const auto n = static_cast<std::uint64_t>(std::popcount(m));
    if (i.space == Space::shared || (w.grid->shared_bytes && first < w.grid->shared_bytes)) {
        if (use == Use::atomic) w.counts->shared_atomics += n;
        return;
    }
    if (i.space == Space::constant) {
        w.counts->const_bytes += n * bytes;
        return;
    }
    std::uint64_t s[2 * lanes];
    int k = 0;
    for (int l = 0; l < lanes; ++l)
        if (m >> l & 1) {
            const std::uint64_t a = at[l] >> 5, b = (at[l] + bytes - 1) >> 5;
            if (!k || s[k - 1] != a) s[k++] = a;
            if (b != a) s[k++] = b;
        }
    std::sort(s, s + k);
    const auto c = static_cast<std::uint64_t>(std::unique(s, s + k) - s);
    w.counts->sectors[static_cast<int>(use)] += c;
    w.counts->bytes_of[static_cast<int>(use)] += n * bytes;
    if (settings().profile) i.ran_sectors += c;
}

inline void check(Warp& w, const Insn& i, std::uint32_t m, const std::uint64_t* at,
                  std::size_t bytes, Use use) {
    const Settings& s = settings();
    if (s.report || s.counts || s.profile) tally(w, i, m, at, bytes, use);
    if (s.check == 0 && !s.race) return;
    std::uint64_t low = ~std::uint64_t{0}, high = 0, all = 0;
#pragma omp simd reduction(min : low) reduction(max : high) reduction(| : all)
    for (int l = 0; l < lanes; ++l) {
        const std::uint64_t on = -std::uint64_t{m >> l & 1};
        low = std::min(low, at[l] | ~on);
        high = std::max(high, at[l] & on);
        all |= at[l] & on;
    }
    if (s.check == 1 && !s.race && (all & (bytes - 1)) == 0) {
        if (i.space == Space::shared) {
            const std::uint64_t base = reinterpret_cast<std::uint64_t>(w.shared);
            if (low >= base && high + bytes <= base + w.grid->shared_bytes) return;
        } else if (const Allocation* a = i.hint; a && a->holds(low, high + bytes)) {
            return;
        }
    }
    check_slowly(w, i, m, at, bytes, use);
}

}  // namespace ptxrun
