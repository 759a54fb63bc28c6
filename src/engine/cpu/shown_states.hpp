// States of cells that others read while these may be a step ahead: each step leaves them in one
// array and finds those of the last in the other.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "src/engine/cells/cell_group.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/plasticity/plastic_network.hpp"

namespace snnsim {

/// The astrocytes that projections go by.
class ShownStates {
  public:
    /// Tells the projections where to find them.
    ShownStates(const SimulationSpec& spec, const PlasticNetwork& plastic) {
        for (const auto& p : plastic.projections()) {
            if (!spec.projections[p->projection].gliotransmission) continue;
            const Astrocytes glia = astrocytes_of(spec, p->projection);
            const Shown& shown = of(spec, glia.population, glia.state);
            std::array<std::vector<const float*>, 2> gamma;
            for (std::size_t side = 0; side < 2; ++side) {
                for (const std::uint32_t cell : glia.of)
                    gamma[side].push_back(shown.values[side].data() + cell);
            }
            p->set_gamma(std::move(gamma));
        }
    }
    bool any() const { return !shown_.empty(); }
    /// What the cells of a block are when `now` steps are done.
    void show(const CellBlock& block, const std::vector<std::unique_ptr<CellGroup>>& groups,
              std::int64_t now) {
        for (Shown& s : shown_) {
            const Slice& slice = block.slices[s.population];
            std::copy_n(groups[s.population]->raw_state()[s.state], slice.count,
                        s.values[static_cast<std::size_t>(now % 2)].data() + slice.first);
        }
    }
    /// Calls f(values by cell, population) for what is shown when `now` steps are done.
    template <class F>
    void for_each(std::int64_t now, F&& f) {
        for (Shown& s : shown_) f(s.values[static_cast<std::size_t>(now % 2)].data(), s.population);
    }
    std::size_t bytes() const {
        std::size_t bytes = 0;
        for (const Shown& s : shown_) bytes += 2 * s.values[0].size() * sizeof(float);
        return bytes;
    }

  private:
    struct Shown {
        std::size_t population, state;
        std::array<std::vector<float>, 2> values;  // [cell], after even and odd numbers of steps
    };
    const Shown& of(const SimulationSpec& spec, std::size_t population, std::size_t state) {
        for (const Shown& s : shown_) {
            if (s.population == population && s.state == state) return s;
        }
        const std::vector<float> none(static_cast<std::size_t>(spec.populations[population].size));
        return shown_.emplace_back(Shown{population, state, {none, none}});
    }

    std::vector<Shown> shown_;  // moving one leaves its values where they are
};

}  // namespace snnsim
