// One time step of cells that are written as equations, on a machine with a thread for each cell.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cells/step_cells.hpp"
#include "kernels/equations/operations.hpp"
#include "kernels/math/normal.hpp"
#include "kernels/network/step_groups.hpp"

namespace snnsim {

/// The cells of one population in one block. Arrays lie one after the other, `padded` cells each.
struct EquationGroup {
    const float* constants;      // [constant], or [constant][cell]
    std::uint64_t constants_of;  // cells that have constants of their own: 0, or `padded`
    float* states;               // [variable][cell]
    const float* start;          // the same at time 0, of cells that samples reset
    std::int32_t* arriving;      // [receptor][cell]: sums of weights in units of the grid
    const float* unit;           // [receptor]: weight per unit
    const float* current;        // of stimuli
    float* sent;                 // values, where spikes are graded
    const PoissonInput* poisson;
    const std::uint8_t* silent;  // not 0 of cells that send nothing; null: all may send
    RandomKey random;            // its sub-entity is the step
    double dt;                   // ms
    std::uint32_t poisson_count;
    std::uint32_t first, count, padded;
    std::int32_t depth;  // see SampleWindows
    std::uint32_t states_count, receptors;

    SNN_HD float constant(std::size_t k, std::uint32_t cell) const {
        return constants_of ? constants[k * constants_of + cell] : constants[k];
    }
    SNN_HD float& state(std::size_t k, std::uint32_t cell) const {
        return states[k * padded + cell];
    }
    /// What has arrived, which is then gone; `outside`: of Poisson stimuli.
    SNN_HD float take(std::size_t receptor, std::uint32_t cell, std::int32_t outside) const {
        std::int32_t& sum = arriving[receptor * padded + cell];
        const float out = static_cast<float>(sum + outside) * unit[receptor];
        sum = 0;
        return out;
    }
    SNN_HD float time(std::int64_t t) const {
        return static_cast<float>(static_cast<double>(t) * dt);
    }
    /// Random number `number` of a cell in step t.
    SNN_HD float drawn(std::uint32_t number, bool normal, std::uint32_t cell,
                       std::int64_t t) const {
        RandomKey key = random;
        key.sub_entity = static_cast<std::uint32_t>(t);
        key.variant = number;
        const std::uint32_t all = first + cell;
        const float u = share_of(key.draw(all / 4).select(all % 4));
        return normal ? normal_quantile(u) : u;
    }
    /// Spikes of Poisson stimuli that reach a receptor, in units of the grid.
    SNN_HD std::int32_t outside(std::uint32_t receptor, std::uint32_t cell, std::int64_t t) const {
        std::int32_t sum = 0;
        for (std::uint32_t p = 0; p < poisson_count; ++p) {
            if (static_cast<std::uint32_t>(poisson[p].receptor) != receptor) continue;
            std::int32_t one[1][1] = {};
            PoissonInput input = poisson[p];
            input.receptor = 0;
            input.add(t, first, cell, one);
            sum += one[0][0];
        }
        return sum;
    }
};

/// Body over the cells of all groups of one model, 32 to a word; bits of those that fire. `Cell`
/// has the computation: static float step(const void* code, const EquationGroup&, cell, t) returns
/// what the cell sends.
template <class Cell>
struct StepEquations {
    static constexpr int lanes = 1;

    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    const EquationGroup* groups;
    const WordPlace* words;
    const void* code;  // of cells that are not compiled

    SNN_HD std::uint32_t operator()(std::size_t i) const {
        const WordPlace place = words[i / 32];
        const EquationGroup& group = groups[place.group];
        const std::uint32_t at = place.at + static_cast<std::uint32_t>(i % 32);
        if (at >= group.count) return 0;
        const std::int64_t t = window->now + k;
        if (group.depth >= 0 && window->shown.period > 0) {
            const std::int64_t shown = window->shown.place(t, group.depth);
            for (std::uint32_t s = 0; shown == 0 && s < group.states_count; ++s)
                group.state(s, at) = group.start[s * group.padded + at];
            for (std::uint32_t r = 0; shown < 0 && r < group.receptors; ++r)
                group.arriving[r * group.padded + at] = 0;
            if (shown < 0) return 0;
        }
        const float sent = Cell::step(code, group, at, t);
        if (group.sent) group.sent[at] = sent;
        return sent != 0.0f && !(group.silent && group.silent[at]) ? 1u : 0u;
    }
};

}  // namespace snnsim
