// Hopfield's network of N units S_i = +-1 with P stored patterns xi (Hopfield 1982,
// doi:10.1073/pnas.79.8.2554): unit i goes to sign(h_i), sign(0) = +1, h_i = sum_j W_ij S_j, W_ij =
// (1/N) sum_mu xi_i xi_j, W_ii = 0. No matrix is stored: with M_mu = sum_j xi_j S_j, N h_i = sum_mu
// xi_i M_mu - P S_i, in whole numbers, and M_mu changes by 2 xi_i S_i where a unit flips. So an
// update takes P additions rather than N - 1, and no order of summing matters.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/random.hpp"
#include "kernels/synapses/permutation.hpp"
#include "kernels/view.hpp"

namespace snnsim {

/// The stored patterns, and what else all trials share.
struct StoredPatterns {
    std::uint32_t units, patterns, words;  // words of 32 patterns a unit
    View<const std::uint32_t> bits;        // [unit][word]: 1 where xi is +1; 0 beyond the last

    /// Of places 0 .. 32 * words - 1 in `overlaps`.
    SNN_HD std::size_t padded() const { return std::size_t{32} * words; }
    SNN_HD const std::uint32_t* row(std::uint32_t unit) const {
        return bits.data + std::size_t{unit} * words;
    }
};

/// N h of a unit in state s. `overlaps`: M_mu, 0 beyond the last pattern; `sum`: of all M_mu. N P
/// must be below 2^31.
SNN_HD inline std::int64_t local_field(const StoredPatterns& stored, const std::int32_t* overlaps,
                                       std::int64_t sum, std::uint32_t unit, std::int32_t s) {
    // Those of +1, in eight sums that a register of the CPU holds.
    std::int32_t part[8] = {};
    const std::uint32_t* const row = stored.row(unit);
    for (std::uint32_t w = 0; w < stored.words; ++w) {
        const std::uint32_t word = row[w];
        const std::int32_t* const m = overlaps + std::size_t{32} * w;
        for (std::uint32_t k = 0; k < 32; k += 8) {
            for (std::uint32_t j = 0; j < 8; ++j)
                part[j] += m[k + j] & -static_cast<std::int32_t>(word >> (k + j) & 1u);
        }
    }
    std::int64_t plus = 0;
    for (const std::int32_t p : part) plus += p;
    return 2 * plus - sum - static_cast<std::int64_t>(stored.patterns) * s;
}

/// Adds change * xi_unit to all M_mu; returns the change of their sum.
SNN_HD inline std::int64_t add_unit(const StoredPatterns& stored, std::int32_t* overlaps,
                                    std::uint32_t unit, std::int32_t change) {
    const std::uint32_t* const row = stored.row(unit);
    std::int64_t ones = 0;
    for (std::uint32_t mu = 0; mu < stored.patterns; ++mu) {
        const std::int32_t bit = static_cast<std::int32_t>(row[mu / 32] >> (mu % 32) & 1u);
        overlaps[mu] += change * (2 * bit - 1);
        ones += bit;
    }
    return change * (2 * ones - static_cast<std::int64_t>(stored.patterns));
}

/// Trials of recall, each with its units and overlaps.
struct Recalls {
    StoredPatterns stored;
    View<std::int8_t> states;     // [trial][unit]
    View<std::int32_t> overlaps;  // [trial][padded]: M_mu
    View<std::int64_t> sums;      // [trial]: of M_mu
    View<std::int64_t> squares;   // [trial]: of M_mu^2; the energy is -(squares - P N) / (2 N)
    View<std::uint32_t> changes;  // [trial]: units that the last sweep flipped

    SNN_HD std::int64_t sum_of_squares(std::size_t trial) const {
        const std::int32_t* const m = overlaps.data + trial * stored.padded();
        std::int64_t sum = 0;
        for (std::uint32_t mu = 0; mu < stored.patterns; ++mu)
            sum += static_cast<std::int64_t>(m[mu]) * m[mu];
        return sum;
    }
};

/// Sums up the overlaps of a trial's first state.
struct BeginRecall {
    Recalls of;

    SNN_HD void operator()(std::size_t trial) const {
        const std::int8_t* const s = of.states.data + trial * of.stored.units;
        std::int32_t* const m = of.overlaps.data + trial * of.stored.padded();
        std::int64_t sum = 0;
        for (std::uint32_t i = 0; i < of.stored.units; ++i) sum += add_unit(of.stored, m, i, s[i]);
        of.sums[trial] = sum;
        of.squares[trial] = of.sum_of_squares(trial);
    }
};

/// One sweep of a trial: each unit once, in an order of its own. A trial whose last sweep changed
/// nothing stays as it is where there is no noise.
struct SweepRecall {
    Recalls of;
    View<const Permutation> orders;  // [trial]
    std::uint64_t seed;
    std::uint32_t sweep;
    float slope;  // 2 / (N T); 0 without noise

    SNN_HD void operator()(std::size_t trial) const {
        if (slope == 0.0f && sweep > 0 && of.changes[trial] == 0) return;
        const StoredPatterns& stored = of.stored;
        std::int8_t* const s = of.states.data + trial * stored.units;
        std::int32_t* const m = of.overlaps.data + trial * stored.padded();
        std::int64_t sum = of.sums[trial];
        std::uint32_t changed = 0;
        for (std::uint32_t place = 0; place < stored.units; ++place) {
            const auto i = static_cast<std::uint32_t>(orders[trial](place));
            const std::int64_t field = local_field(stored, m, sum, i, s[i]);
            const std::int32_t next = goes_up(field, trial, place) ? 1 : -1;
            if (next == s[i]) continue;
            s[i] = static_cast<std::int8_t>(next);
            sum += add_unit(stored, m, i, 2 * next);
            ++changed;
        }
        of.sums[trial] = sum;
        of.squares[trial] = of.sum_of_squares(trial);
        of.changes[trial] = changed;
    }

  private:
    /// P(+1) = 1 / (1 + exp(-2 h / T)).
    SNN_HD bool goes_up(std::int64_t field, std::size_t trial, std::uint32_t place) const {
        if (slope == 0.0f) return field >= 0;
        const RandomKey key{seed, Stream::noise, static_cast<std::uint32_t>(trial), sweep};
        const float drawn = uniform(key.draw(place / 4).select(place % 4));
        return drawn * (1.0f + exact_exp(-static_cast<float>(field) * slope)) < 1.0f;
    }
};

}  // namespace snnsim
