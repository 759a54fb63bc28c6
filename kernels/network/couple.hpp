// Gap junctions: what flows into a cell from its neighbours, and how its v comes to them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/math/fused.hpp"
#include "kernels/network/step_groups.hpp"

namespace snnsim {

/// All gap junctions of a network, by cell: number in the network. Each stands at both its ends.
struct GapArrays {
    const std::uint64_t* begin;      // [cell], and the end of the last
    const std::uint32_t* neighbour;  // ascending for each cell
    const float* g;
    const float* v;  // [cell], at the end of the last step

    /// sum_j g_ij (v_j - v_i), in the order of the neighbours: the same bits whoever sums.
    SNN_HD float current(std::size_t cell) const {
        const float own = v[cell];
        float sum = 0.0f;
        for (std::uint64_t k = begin[cell]; k < begin[cell + 1]; ++k)
            sum = fused(g[k], v[neighbour[k]] - own, sum);
        return sum;
    }
};

/// The cells of one population in one block.
struct CoupledGroup {
    const float* state;    // v as the model keeps it ...
    const float* origin;   // ... and what is added to it: populations of different e_l meet here
    const float* stimuli;  // currents
    float* current;        // with those of junctions
    std::uint32_t first_row, count;

    SNN_HD void couple(const GapArrays& gaps, std::size_t at) const {
        current[at] = stimuli[at] + gaps.current(first_row + at);
    }
    SNN_HD void show(float* v, std::size_t at) const { v[first_row + at] = state[at] + origin[at]; }
};

/// Body over the cells of all groups with junctions, 32 to a word: the currents of a step.
struct CoupleGroups {
    GapArrays gaps;
    const CoupledGroup* groups;
    const WordPlace* words;

    SNN_HD void operator()(std::size_t i) const {
        const WordPlace place = words[i / 32];
        const std::size_t at = place.at + i % 32;
        if (at < groups[place.group].count) groups[place.group].couple(gaps, at);
    }
};

/// The same: v at the end of a step.
struct ShowVoltages {
    float* v;
    const CoupledGroup* groups;
    const WordPlace* words;

    SNN_HD void operator()(std::size_t i) const {
        const WordPlace place = words[i / 32];
        const std::size_t at = place.at + i % 32;
        if (at < groups[place.group].count) groups[place.group].show(v, at);
    }
};

}  // namespace snnsim
