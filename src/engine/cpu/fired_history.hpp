// The cells that fired in the last steps: what is still on its way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "snnsim/engine.hpp"
#include "src/engine/synapses/dense.hpp"

namespace snnsim {

/// The cells of a block that fired in one step, population after population.
struct alignas(64) FiredCells {  // threads write their blocks' at the same time
    std::vector<std::uint32_t> cells;
    std::vector<std::uint32_t> end;          // by population
    std::vector<std::vector<float>> values;  // [population]: empty where spikes are not graded

    FiredSpan of(std::size_t population) const {
        const std::uint32_t begin = population == 0 ? 0 : end[population - 1];
        if (end[population] == begin) return {};  // of most steps
        return {cells.data() + begin, end[population] - begin,
                values[population].empty() ? nullptr : values[population].data()};
    }
};

/// After how many steps spikes arrive.
struct DelayReach {
    std::uint32_t shortest = 64, longest = 0;  // nobody need wait longer than for 64 steps

    void add(DelayRange d) {
        if (d.count == 0) return;
        shortest = std::min(shortest, d.first);
        longest = std::max(longest, d.first + d.count - 1);
    }
};

class FiredHistory {
  public:
    FiredHistory() = default;
    /// Long enough for one block to be a window of the shortest delay ahead of another.
    FiredHistory(std::size_t blocks, std::size_t populations, DelayReach reach);

    std::size_t size() const { return fired_.size(); }
    std::size_t place_of(std::int64_t t, std::size_t block) const {
        return static_cast<std::size_t>(t) % steps_ * blocks_ + block;
    }
    FiredCells& at(std::int64_t t, std::size_t block) { return fired_[place_of(t, block)]; }
    const FiredCells& at(std::int64_t t, std::size_t block) const {
        return fired_[place_of(t, block)];
    }
    FiredSpan of(std::size_t place, std::size_t population) const {
        return fired_[place].of(population);
    }

    /// Calls f(number of the delay, place) for what may arrive in step t with such delays.
    template <class F>
    void for_each_sent(DelayRange delays, std::int64_t t, F&& f) const {
        const std::int64_t last = t - delays.first;  // the latest step that it was sent in
        if (last < 0) return;
        const auto count =
            static_cast<std::uint32_t>(std::min<std::int64_t>(delays.count, last + 1));
        std::size_t step = static_cast<std::size_t>(last) % steps_;
        for (std::uint32_t k = 0; k < count; ++k) {
            const std::size_t place = step * blocks_;
            for (std::size_t source = 0; source < blocks_; ++source) f(k, place + source);
            step = (step == 0 ? steps_ : step) - 1;
        }
    }

    /// The first step that is still known when `now` are done.
    std::int64_t first_known(std::int64_t now) const {
        return std::max<std::int64_t>(0, now - static_cast<std::int64_t>(steps_));
    }
    /// All that is known when `now` steps are done; with values if `graded`.
    Spikes spikes(std::int64_t now, bool graded) const;
    /// The other way round. Which spikes carry values, `spec` says.
    void set(const Spikes& spikes, const SimulationSpec& spec, const Layout& layout);

  private:
    std::size_t blocks_ = 0, steps_ = 1;
    std::vector<FiredCells> fired_;  // [step % steps_][block]
};

}  // namespace snnsim
