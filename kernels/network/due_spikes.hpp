// Which spikes arrive in a step.
#pragma once

#include <cstdint>

#include "kernels/network/window.hpp"
#include "kernels/synapses/packed.hpp"

namespace snnsim {

/// The spikes of one population that are due after one delay.
struct DueSpikes {
    std::uint32_t population = 0;
    std::uint32_t delay = 1;       // steps
    std::uint32_t segment = 0;     // of the delay in a row's part of each block
    std::uint32_t delays = 1;      // segments of a block
    std::uint32_t first_row = 0;   // of the population
    std::uint64_t first_edge = 0;  // see SynapseRows
    std::uint32_t edges_per_row = 0;
    std::uint32_t words = words_per_narrow;  // of a synapse
};

/// Lists that belong together: numbers `first` to first + count - 1 of all.
struct DuePart {
    std::uint32_t first = 0, count = 0;
};

/// Lists that follow each other. `start` numbers what is due in a step: list i begins at start[i],
/// and start[count] is the end of the last.
struct DueLists {
    const DueSpikes* lists = nullptr;
    std::uint32_t count = 0;
    std::uint32_t* start = nullptr;
    // Of all lists only.
    const DuePart* parts = nullptr;
    std::uint32_t part_count = 0;
    std::uint32_t* most = nullptr;  // [part]: due in a step until now
};

/// What arrives in the k-th step of a batch.
struct DueInStep {
    const StepWindow* window;
    std::int64_t k;
    DueLists due;

    SNN_HD std::int64_t step() const { return window->now + k; }
    SNN_HD std::uint32_t count() const { return due.start[due.count] - due.start[0]; }
    /// The list of the n-th spike: the last that begins there or before.
    SNN_HD std::uint32_t list_of(std::uint32_t n) const {
        const std::uint32_t place = due.start[0] + n;
        std::uint32_t low = 0, high = due.count;
        while (high - low > 1) {
            const std::uint32_t middle = (low + high) / 2;
            (due.start[middle] <= place ? low : high) = middle;
        }
        return low;
    }
    /// Its number among the window's.
    SNN_HD std::uint32_t spike(std::uint32_t n, std::uint32_t list) const {
        const DueSpikes& d = due.lists[list];
        return window->begins(step() - d.delay)[d.population] +
               (due.start[0] + n - due.start[list]);
    }
};

/// Body of one block of threads: finds the starts of a step before which all spikes are listed.
struct CountDue {
    DueInStep in;

    template <class Block>
    SNN_HD void operator()(Block& block) const {
        const DueLists& due = in.due;
        std::uint32_t before = 0;
        for (std::uint32_t first = 0; first < due.count; first += block.threads()) {
            const std::uint32_t i = first + block.thread();
            std::uint32_t all = 0;
            const std::uint32_t own =
                block.sum_before(i < due.count ? spikes_of(due.lists[i]) : 0, all);
            if (i < due.count) due.start[i] = before + own;
            before += all;
        }
        if (block.thread() == 0) due.start[due.count] = before;
        block.wait();  // for the starts
        for (std::uint32_t p = block.thread(); p < due.part_count; p += block.threads()) {
            const DuePart part = due.parts[p];
            const std::uint32_t now = due.start[part.first + part.count] - due.start[part.first];
            if (now > due.most[p]) due.most[p] = now;
        }
    }

  private:
    SNN_HD std::uint32_t spikes_of(const DueSpikes& d) const {
        const std::int64_t sent = in.step() - d.delay;
        if (sent < in.window->first) return 0;
        const std::uint32_t* const begin = in.window->begins(sent) + d.population;
        return begin[1] - begin[0];
    }
};

}  // namespace snnsim
