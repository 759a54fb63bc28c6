// One time step of single cells, for a machine with a thread a cell.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cells/step_cells.hpp"
#include "kernels/network/window.hpp"

namespace snnsim {

/// The cells of one population in one block.
template <CellModel M>
struct CellsInGroup {
    typename M::Constants constants;  // where all cells have the same
    CellArrays cells;
    RandomKey random;  // its sub-entity is the step
    float* sent;       // values, of a model whose spikes are graded
    std::uint32_t count;
};

/// Where a word of 32 cells lies: `at` is its first cell in the group.
struct WordPlace {
    std::uint32_t group, at;
};

/// Body over the cells of all groups of one model, 32 to a word; true where a cell fires.
template <CellModel M, bool Varied>
struct StepGroups {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    const CellsInGroup<M>* groups;
    const WordPlace* words;

    SNN_HD bool operator()(std::size_t i) const {
        const WordPlace place = words[i / 32];
        const CellsInGroup<M>& group = groups[place.group];
        const std::size_t at = place.at + i % 32;
        if (at >= group.count) return false;
        RandomKey random = group.random;
        random.sub_entity = static_cast<std::uint32_t>(window->now + k);
        float sent[1];
        const bool fires = StepCells<M, Varied, 1>{group.constants, group.cells, random}(at, sent);
        if constexpr (sends_graded<M>) group.sent[at] = sent[0];
        return fires;
    }
};

}  // namespace snnsim
