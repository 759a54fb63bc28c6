// Panels of cells with nothing to do. A step is a function of state and input alone: what a step
// without input left as it was, to the bit, stays so until something arrives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/cells/step_cells.hpp"

namespace snnsim {

/// Of the cells of one model in a slice. Whether a panel has come to rest is looked at now and
/// then.
template <CellModel M, int Lanes>
class RestingPanels {
    static constexpr std::size_t states = M::states().size;

  public:
    /// All are awake; `may_rest(panel)` says which may fall asleep.
    template <class F>
    void wake(std::uint32_t padded, F&& may_rest) {
        resting_.assign(padded / Lanes, 0);
        may_rest_.resize(resting_.size());
        for (std::uint32_t p = 0; p < may_rest_.size(); ++p) may_rest_[p] = may_rest(p) ? 1 : 0;
        any_may_ = std::count(may_rest_.begin(), may_rest_.end(), 1) > 0;
        any_rests_ = false;
    }
    /// In step t each panel is asked for; otherwise all are stepped, and there is nothing to see.
    bool asks_in(std::int64_t t) const { return any_rests_ || (any_may_ && t % interval == 0); }
    /// Before the first of them.
    void start(std::int64_t t) {
        watch_ = t % interval == 0;
        any_rests_ = false;
    }
    /// The panel with the first cell `at` needs its step. Not inlined, as the loop over panels that
    /// never rest should be as fast as without.
    [[gnu::noinline]] bool needs_step(const CellArrays& cells, std::uint32_t at) {
        const std::uint32_t panel = at / Lanes;
        const bool quiet = may_rest_[panel] && !arrived(cells, at);
        if (resting_[panel] && quiet) {
            any_rests_ = true;
            return false;
        }
        resting_[panel] = 0;
        watched_ = watch_ && quiet;
        for (std::size_t k = 0; k < states && watched_; ++k)
            std::memcpy(before_[k], cells.state[k] + at, sizeof(before_[k]));
        return true;
    }
    /// After that step.
    [[gnu::noinline]] void stepped(const CellArrays& cells, std::uint32_t at, bool fires) {
        bool same = watched_ && !fires;
        for (std::size_t k = 0; k < states && same; ++k)
            same = std::memcmp(before_[k], cells.state[k] + at, sizeof(before_[k])) == 0;
        resting_[at / Lanes] = same ? 1 : 0;
        any_rests_ = any_rests_ || same;
    }
    std::size_t bytes() const { return resting_.size() + may_rest_.size(); }

  private:
    static constexpr std::int64_t interval = 16;  // steps between two looks for panels at rest

    static bool arrived(const CellArrays& cells, std::uint32_t at) {
        std::uint32_t any = 0;
        for (int r = 0; r < M::receptors; ++r) {
            const std::int32_t* const sums = cells.arriving[r] + at;
            SNN_LANES_OR(any) for (int l = 0; l < Lanes; ++l) {
                any |= static_cast<std::uint32_t>(sums[l]);
            }
        }
        return any != 0;
    }

    std::vector<std::uint8_t> resting_, may_rest_;  // [panel]
    bool any_may_ = false, any_rests_ = false, watch_ = false;
    bool watched_ = false;  // the panel under way, which was so before:
    float before_[states][Lanes];
};

}  // namespace snnsim
