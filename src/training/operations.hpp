// Operations of a phase, from the events that the kernels counted and the weights that they met.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "snnsim/trainer.hpp"

namespace snnsim {

/// How a population sends.
struct Sending {
    bool graded = false;    // values that are not all in {-1, 0, 1}
    bool constant = false;  // the same at every step
    bool state = false;     // keeps one from step to step
};
Sending sending_of(const Network& network, std::size_t population);

/// Events per neuron of a population, by the delay of what carries them: those that arrive within
/// the sample. 0: all of them. Empty where it sends nothing.
using PopulationEvents = std::map<std::size_t, std::vector<std::uint64_t>>;

/// [source, as its outputs are stored]: the synapses of projection k whose weights are not zero.
std::vector<std::uint32_t> fan_out(const Network& network, std::size_t k,
                                   const std::vector<float>& weights);

/// The same of synapses with learned delays, [source][step]: those that have the delay, or, while
/// they are learned, all of them at each, for the taps of all.
std::vector<std::uint32_t> fan_out(const std::vector<float>& weights, std::size_t targets,
                                   const LearnedDelays& delays, bool learning);

struct PhaseInput {
    const Network& network;
    const std::vector<PopulationEvents>& events;  // [population]
    // [projection][source]; of those that learn delays [source][delay in steps].
    const std::vector<std::vector<std::uint32_t>>& fan_out;
    std::uint64_t samples;
    bool learning = false;  // delays that are learned act at all of their taps
    // [projection]: what is done of each synapse in each step so that it learns; empty: only where
    // something arrives.
    std::vector<std::uint64_t> macs_of_step = {};
    std::vector<bool> learns = {};  // [projection]: now; empty: all that are trainable
    // [projection], of EventProp: what was done for dL/dw where it goes by the spikes of the
    // targets, and whether errors are passed on at those of the sources alone.
    std::vector<std::optional<std::uint64_t>> macs_at_spikes = {};
    std::vector<bool> passes_at_spikes = {};
};

/// Effective operations: an event times the non-zero weights of its neuron; AC if every input of
/// the projection is in {-1, 0, 1}, MAC otherwise; bias not counted (NeuroBench, Yik et al. 2023).
/// Input that an encoder sends unchanged at every step is summed once, and counted once.
PhaseCounts count_forward(const PhaseInput& in);

/// `passes_down`: per projection, whether the gradient goes on to its sources.
std::vector<BackwardOperations> count_backward(const PhaseInput& in,
                                               const std::vector<bool>& passes_down,
                                               std::uint64_t updates);

/// Adds the counts of more samples of the same network.
void add_counts(PhaseCounts& total, const PhaseCounts& more);

}  // namespace snnsim
