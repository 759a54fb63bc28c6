// What stimuli bring to single cells, for a machine with a thread a cell.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cells/spike_file_source.hpp"
#include "kernels/cells/stimulus_current.hpp"
#include "kernels/network/step_groups.hpp"
#include "kernels/network/window.hpp"

namespace snnsim {

/// A Poisson stimulus; see AddPoisson.
struct PoissonInput {
    RandomKey random;  // its sub-entity is the step
    std::int64_t first, last;
    const std::int32_t* thresholds;
    int usual, count;
    std::int32_t weight;
    std::int32_t* arriving;  // of the group's cells
};

/// The stimuli of the cells of one population in one block.
struct StimulatedGroup {
    const PoissonInput* poisson;
    const StimulusCurrent* currents;
    std::uint32_t poisson_count, current_count;
    std::uint64_t seed;
    PlayedKeys played;  // of a spike_source
    float* current;     // the sum
    std::uint32_t first, count;
};

/// Body over the cells of all stimulated groups, four to an element (they share a block of random
/// words) and 32 to a word.
struct StimulateGroups {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    const StimulatedGroup* groups;
    const WordPlace* words;

    static constexpr int lanes = 4;

    SNN_HD void operator()(std::size_t i) const {
        const WordPlace place = words[i / (32 / lanes)];
        const StimulatedGroup& group = groups[place.group];
        const std::size_t at = place.at + lanes * (i % (32 / lanes));
        if (at >= group.count) return;
        const std::int64_t t = window->now + k;
        for (std::uint32_t p = 0; p < group.poisson_count; ++p) {
            const PoissonInput& input = group.poisson[p];
            if (t < input.first || t >= input.last) continue;
            if (at + lanes <= group.count) {
                poisson<lanes>(input, group.first, t)(at);
            } else {
                for (std::size_t c = at; c < group.count; ++c) poisson<1>(input, group.first, t)(c);
            }
        }
        if (group.played.size == 0 && group.current_count == 0) return;
        for (std::size_t c = at; c < at + lanes && c < group.count; ++c) set_current(group, t, c);
    }

  private:
    template <int Lanes>
    SNN_HD static AddPoisson<Lanes> poisson(const PoissonInput& input, std::uint32_t first,
                                            std::int64_t t) {
        RandomKey random = input.random;
        random.sub_entity = static_cast<std::uint32_t>(t);
        return {input.thresholds, input.usual, input.count, input.weight,
                input.arriving,   first,       random};
    }
    SNN_HD static void set_current(const StimulatedGroup& group, std::int64_t t, std::size_t at) {
        if (group.played.size > 0) {
            const std::uint64_t key = played_key(static_cast<std::uint64_t>(t + 1),
                                                 group.first + static_cast<std::uint32_t>(at));
            const std::size_t k = keys_below(group.played, key);
            group.current[at] = k < group.played.size && group.played[k] == key ? 1.0f : 0.0f;
            return;
        }
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
