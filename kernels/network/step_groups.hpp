// One time step of single cells, for a machine with a thread for one cell or for four.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cells/step_four.hpp"
#include "kernels/network/window.hpp"

namespace snnsim {

/// A Poisson stimulus; see AddPoisson.
struct PoissonInput {
    RandomKey random;  // its sub-entity is the step
    std::int64_t first, last;
    const std::int32_t* thresholds;
    int usual, count;
    int receptor;
    std::int32_t weight;

    /// Adds what it brings in step t to cells that follow each other; `first_cell`: of the group.
    template <int Receptors, int Lanes>
    SNN_HD void add(std::int64_t t, std::uint32_t first_cell, std::size_t at,
                    std::int32_t (&sums)[Receptors][Lanes]) const {
        if (t < first || t >= last) return;
        RandomKey key = random;
        key.sub_entity = static_cast<std::uint32_t>(t);
        std::int32_t spikes[Lanes] = {};
        AddPoisson<Lanes>{thresholds, usual, count, 0, nullptr, first_cell, key}.count(at, spikes);
        SNN_UNROLL
        for (int r = 0; r < Receptors; ++r) {  // an index that varies would be one into memory
            const std::int32_t own = Receptors == 1 || r == receptor ? weight : 0;
            SNN_UNROLL
            for (int l = 0; l < Lanes; ++l) sums[r][l] += spikes[l] * own;
        }
    }
};

/// The cells of one population in one block.
template <CellModel M>
struct CellsInGroup {
    typename M::Constants constants;  // where all cells have the same
    CellArrays cells;
    RandomKey random;  // its sub-entity is the step
    float* sent;       // values, of a model whose spikes are graded
    const PoissonInput* poisson;
    std::uint32_t poisson_count;
    std::uint32_t count;
    std::int32_t depth;               // see SampleWindows
    const std::uint8_t* silent;       // not 0 of cells that send nothing; null: all may send
    const float* start[most_states];  // at time 0, of cells that samples reset
};

/// Where a word of 32 cells lies: `at` is its first cell in the group.
struct WordPlace {
    std::uint32_t group, at;
};

/// Body over the cells of all groups of one model, `lanes` to an element and 32 to a word; bits of
/// those that fire.
template <CellModel M, bool Varied>
struct StepGroups {
    static constexpr int lanes = steps_by_four<M> ? 4 : 1;

    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    const CellsInGroup<M>* groups;
    const WordPlace* words;

    SNN_HD std::uint32_t operator()(std::size_t i) const {
        constexpr std::size_t per_word = 32 / lanes;
        const WordPlace place = words[i / per_word];
        const CellsInGroup<M>& group = groups[place.group];
        const std::uint32_t at = place.at + lanes * static_cast<std::uint32_t>(i % per_word),
                            count = group.count;
        if (at >= count) return 0;
        const std::int64_t t = window->now + k;
        if (group.depth >= 0 && window->shown.period > 0) {
            const std::int64_t shown = window->shown.place(t, group.depth);
            if (shown <= 0) start_sample(group, at, shown == 0);
            if (shown < 0) return 0;
        }
        OutsideSums<M, lanes> outside = {};
        if constexpr (M::receptors > 0) {
            for (std::uint32_t p = 0; p < group.poisson_count; ++p)
                group.poisson[p].add(t, group.cells.first, at, outside);
        }
        RandomKey random = group.random;
        random.sub_entity = static_cast<std::uint32_t>(t);
        float sent[lanes];
        std::uint32_t fired;
        if constexpr (lanes == 4) {
            fired = StepFour<M, Varied>{group.constants, group.cells, random}(at, outside, sent);
            if (at + lanes > count) fired &= (1u << (count - at)) - 1u;
        } else {
            if (group.poisson_count > 0) {
                for (int r = 0; r < M::receptors; ++r) group.cells.arriving[r][at] += outside[r][0];
            }
            fired = StepCells<M, Varied, 1>{group.constants, group.cells, random}(at, sent);
        }
        if (group.silent) {
            for (int l = 0; l < lanes; ++l)
                if (at + l < count && group.silent[at + l]) fired &= ~(1u << l);
        }
        if constexpr (sends_graded<M>) {
            for (int l = 0; l < lanes; ++l)
                if (at + l < count) group.sent[at + l] = sent[l];
        }
        return fired;
    }

  private:
    static constexpr std::size_t state_count = M::states().size;

    /// The state at time 0 again, or what arrives while the cells sleep is lost.
    SNN_HD static void start_sample(const CellsInGroup<M>& group, std::uint32_t at, bool begins) {
        for (int l = 0; l < lanes; ++l) {
            if (begins) {
                for (std::size_t s = 0; s < state_count; ++s)
                    group.cells.state[s][at + l] = group.start[s][at + l];
            } else {
                for (int r = 0; r < M::receptors; ++r) group.cells.arriving[r][at + l] = 0;
            }
        }
    }
};

}  // namespace snnsim
