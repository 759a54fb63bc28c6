// Synaptic input in whole numbers of a grid, as a simulation sums it.
#pragma once

#include <cmath>

#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// Body over (sample, columns): what SumInputs computes, of senders of values whose products with
/// weights are rounded to the grid of the target, as graded_weight rounds them. Weights lie on it.
template <class Columns>
struct SumRounded {
    static constexpr int lanes = width_of<Columns>;

    BatchShape shape;
    std::size_t panels;
    Events events;
    WeightPanels weights;
    TracePanels input;
    bool accumulate;  // on top of what another projection left
    std::size_t lag;  // steps
    float scale;      // a power of two: units of the grid in 1

    SNN_HD void operator()(std::size_t i) const {
        const Place p = place_of<Columns>(i, shape.batch, panels);
        const std::uint32_t* const neurons = events.neurons_of(p.sample);
        const std::uint32_t constant = events.constant[p.sample];
        const float unit = 1.0f / scale;
        for (std::size_t t = 0; t < shape.steps; ++t) {
            float* const out = input.at(shape, p) + t * panel_width;
            const float* const bias = weights.at(p.panel, weights.sources, p.lane);
            for (int l = 0; l < lanes; ++l) {
                const float base = accumulate ? out[l] : 0.0f;
                out[l] = weights.has_bias() ? base + bias[l] : base;
            }
            if (t < lag) continue;
            for (std::uint32_t k = 0; k < events.count[p.sample]; ++k) {
                const float* const values = events.values_of(p.sample, k, shape.steps);
                const float value = values[k < constant ? 0 : t - lag];
                if (value == 0.0f) continue;
                const float* const row = weights.at(p.panel, neurons[k], p.lane);
                for (int l = 0; l < lanes; ++l) {
                    const float units = row[l] * scale;
                    const float brought = value == 1.0f ? units : floorf(units * value + 0.5f);
                    out[l] = out[l] + brought * unit;
                }
            }
        }
    }
};

}  // namespace snnsim
