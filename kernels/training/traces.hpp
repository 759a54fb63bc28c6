// Traces of what sources sent, for rules that learn while a sample goes on.
#pragma once

#include <cstddef>

#include "kernels/math/fused.hpp"
#include "kernels/training/sent.hpp"

namespace snnsim {

/// Body over (sample, source): trace[t] = decay trace[t-1] + x[t - lag], lag 0 or 1. It goes on
/// from where the steps before left it.
struct FollowSources {
    BatchShape shape;
    RawOutput raw;
    float decay;
    std::size_t lag;
    float* kept;    // [sample][source][2]: the trace, and what was sent last; null: no steps before
    float* traces;  // [sample][source][step]

    SNN_HD void operator()(std::size_t i) const {
        float trace = shape.begins() ? 0.0f : kept[2 * i];
        float last = shape.begins() ? 0.0f : kept[2 * i + 1];
        float* const to = traces + i * shape.steps;
        for (std::size_t t = 0; t < shape.steps; ++t) {
            const float x = sent_at(raw, shape, i, t);
            trace = fused(decay, trace, lag > 0 ? last : x);
            last = x;
            to[t] = trace;
        }
        if (shape.ends()) return;
        kept[2 * i] = trace;
        kept[2 * i + 1] = last;
    }
};

}  // namespace snnsim
