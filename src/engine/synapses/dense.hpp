// All-to-all projections with one delay: a matrix of weights, or one weight for all.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/launch/thread_pool.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/projection_plan.hpp"

namespace snnsim {

/// No targets are stored. With individual weights: [source][target], 0 where a synapse is left out;
/// of the targets in this process.
struct DenseProjection {
    std::size_t from = 0, to = 0;
    ReachedReceptors reached;  // of `to`, by the sign of a weight
    std::uint32_t delay = 1;   // steps
    std::uint32_t first_target = 0, targets = 0;
    bool constant = true;
    bool skips_itself = false;
    std::int32_t weight = 0;           // if constant
    std::vector<std::int16_t> narrow;  // otherwise one of these
    std::vector<std::int32_t> wide;

    std::size_t bytes() const { return narrow.size() * 2 + wide.size() * 4; }
};

DenseProjection build_dense(const ProjectionPlan& plan, const Layout& layout, bool wide,
                            ThreadPool& pool);

/// Cells of one population that fired in one step.
struct FiredSpan {
    const std::uint32_t* cells = nullptr;
    std::uint32_t count = 0;
    const float* values = nullptr;  // null: all 1

    float value(std::uint32_t k) const { return values ? values[k] : 1.0f; }
};

/// Adds what they bring to the cells of `slice`. `sums`: of the slice's first cell, at its first
/// receptor.
void add_dense(const DenseProjection& p, FiredSpan fired, const Slice& slice, std::int32_t* sums);

}  // namespace snnsim
