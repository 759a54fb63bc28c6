// What stimuli bring to single cells before their step, for a machine with a thread a cell.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cells/spike_source.hpp"
#include "kernels/cells/stimulus_current.hpp"
#include "kernels/network/step_groups.hpp"
#include "kernels/network/window.hpp"

namespace snnsim {

/// The stimuli of the cells of one population in one block.
struct StimulatedGroup {
    const PoissonInput* poisson;  // where what arrives is recorded; otherwise see CellsInGroup
    const StimulusCurrent* currents;
    std::uint32_t poisson_count, current_count;
    std::uint64_t seed;
    PlayedKeys played;    // of a source that plays
    const float* values;  // of those; null: all 1
    bool plays;
    std::int32_t* arriving[most_receptors];
    float* current;  // the sum
    std::uint32_t first, count;
};

/// Body over the cells of all stimulated groups, 32 to a word.
struct StimulateGroups {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    const StimulatedGroup* groups;
    const WordPlace* words;

    SNN_HD void operator()(std::size_t i) const {
        const WordPlace place = words[i / 32];
        const StimulatedGroup& group = groups[place.group];
        const std::size_t at = place.at + i % 32;
        if (at >= group.count) return;
        const std::int64_t t = window->now + k;
        if (group.poisson_count > 0) add_poisson(group, t, at);
        if (group.plays) {
            const std::uint64_t key = played_key(static_cast<std::uint64_t>(t + 1),
                                                 group.first + static_cast<std::uint32_t>(at));
            const std::size_t found = keys_below(group.played, key);
            const bool sends = found < group.played.size && group.played[found] == key;
            group.current[at] = !sends ? 0.0f : group.values ? group.values[found] : 1.0f;
        } else if (group.current_count > 0) {
            set_current(group, t, at);
        }
    }

  private:
    SNN_HD static void add_poisson(const StimulatedGroup& group, std::int64_t t, std::size_t at) {
        for (std::uint32_t p = 0; p < group.poisson_count; ++p) {
            std::int32_t sums[1][1] = {};
            group.poisson[p].add(t, group.first, at, sums);
            group.arriving[group.poisson[p].receptor][at] += sums[0][0];
        }
    }
    SNN_HD static void set_current(const StimulatedGroup& group, std::int64_t t, std::size_t at) {
        group.current[at] = 0.0f;
        for (std::uint32_t c = 0; c < group.current_count; ++c) {
            const StimulusCurrent& stimulus = group.currents[c];
            if (!stimulus.on(t)) continue;
            const RandomKey random{group.seed, Stream::stimulus, stimulus.number,
                                   static_cast<std::uint32_t>(drawn_in(stimulus, t))};
            AddCurrent<1>{stimulus,
                          common_current(stimulus, t),
                          current_row(stimulus, t),
                          random,
                          group.first,
                          group.current}(at);
        }
    }
};

}  // namespace snnsim
