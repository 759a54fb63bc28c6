// A trial of a circuit whose input is known beforehand.
#pragma once

#include "kernels/evolve/circuit.hpp"

namespace snnsim {

/// Item i is trial i % trials of circuit i / trials.
struct RunTrial {
    Circuits circuits;
    View<std::uint32_t> inputs;  // [trial][step - 1]: which send
    std::uint32_t trials, steps;
    std::uint32_t from, to;  // outputs are looked at in steps from .. to
    View<TrialRecord> records;
    CircuitHistory history;

    SNN_HD void operator()(std::size_t i) const {
        const std::uint32_t* const sent = inputs.data + i % trials * steps;
        RunningCircuit circuit(circuits, i / trials);
        TrialRecord record;
        for (std::uint32_t step = 1; step <= steps; ++step) {
            const std::uint32_t fired = circuit.advance(step, sent[step - 1]);
            history.keep(i * steps + step - 1, sent[step - 1], fired);
            record.spikes += static_cast<std::uint32_t>(count_bits(fired));
            if (step < from || step > to) continue;
            for (std::uint32_t output = 0; output < 2; ++output) {
                if ((fired >> output & 1u) == 0) continue;
                if (record.count[output]++ == 0) record.first[output] = step;
            }
        }
        records[i] = record;
    }
};

}  // namespace snnsim
