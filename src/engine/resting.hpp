// Panels of cells with nothing to do. A step is a function of state and input alone: what a step
// without input left as it was, to the bit, stays so until something arrives.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/cells/step_cells.hpp"

namespace snnsim {

/// Of the cells of one model in a slice. Whether a panel has come to rest is looked at now and
/// then.
template <CellModel M, int Lanes>
class RestingPanels {
    static constexpr std::size_t states = std::tuple_size_v<decltype(M::states())>;

  public:
    /// All are awake; `may_rest(panel)` says which may fall asleep.
    template <class F>
    void wake(std::uint32_t padded, F&& may_rest) {
        resting_.assign(padded / Lanes, 0);
        may_rest_.resize(resting_.size());
        for (std::uint32_t p = 0; p < may_rest_.size(); ++p) may_rest_[p] = may_rest(p) ? 1 : 0;
    }
    static bool look_in(std::int64_t t) { return t % 16 == 0; }

    /// Steps the panel with the first cell `at`, if it needs to be; false when all are silent.
    template <class Step>
    bool step(const Step& body, std::uint32_t at, bool look, float (&sent)[Lanes]) {
        const std::uint32_t panel = at / Lanes;
        std::uint8_t& rests = resting_[panel];
        if (rests && !arrived(body.cells, at)) return false;
        rests = 0;
        if (!look || !may_rest_[panel] || arrived(body.cells, at)) return body(at, sent);
        float before[states][Lanes];
        for (std::size_t k = 0; k < states; ++k)
            std::memcpy(before[k], body.cells.state[k] + at, sizeof(before[k]));
        if (body(at, sent)) return true;
        rests = 1;
        for (std::size_t k = 0; k < states; ++k)
            rests &= std::memcmp(before[k], body.cells.state[k] + at, sizeof(before[k])) == 0;
        return false;
    }
    std::size_t bytes() const { return resting_.size() + may_rest_.size(); }

  private:
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
};

}  // namespace snnsim
