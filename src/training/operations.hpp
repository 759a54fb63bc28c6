// Synaptic operations of an evaluation, from the events that the kernels counted.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/trainer.hpp"

namespace snnsim {

/// What one projection received: events per presynaptic neuron, over all samples and steps.
struct ProjectionEvents {
    const Projection& projection;
    std::size_t sources, targets;
    std::vector<std::uint64_t> events;  // [source]; those that reach the targets within the sample
    bool ternary;                       // all of them in {-1, 0, 1}
};

/// Effective operations: an event times the non-zero weights of its neuron; AC if every input of
/// the projection is in {-1, 0, 1}, MAC otherwise; bias not counted (NeuroBench, Yik et al. 2023).
/// `weights` is [source][target]. `presentations`: samples times the steps in which the input is
/// computed.
ProjectionOperations count_operations(const ProjectionEvents& in, const std::vector<float>& weights,
                                      std::uint64_t presentations);

}  // namespace snnsim
