// Synaptic input of a layer for all steps of a batch: the weight rows of the neurons that sent something.
#pragma once

#include "kernels/lanes.hpp"
#include "kernels/training/events.hpp"

namespace snnsim {

/// Weights of a projection: [panel][row][panel_width], a row per presynaptic neuron and, where there is a bias,
/// one more that is always on.
struct WeightPanels {
    float* data = nullptr;
    std::size_t rows = 0;     // bias row included
    std::size_t sources = 0;  // presynaptic neurons

    SNN_HD float* at(std::size_t panel, std::size_t row, int lane) const {
        return data + (panel * rows + row) * panel_width + lane;
    }
    SNN_HD bool has_bias() const { return rows > sources; }
};

/// A trace of a layer: [panel][sample][step][panel_width].
struct TracePanels {
    float* data = nullptr;

    SNN_HD float* at(const BatchShape& shape, const Place& p) const {
        return data + (p.panel * shape.batch + p.sample) * shape.steps * panel_width + p.lane;
    }
};

/// Body over (sample, columns): input[t] (+)= bias + sum over senders of value[t] * weight row. Per column the
/// order is: bias, constant senders, varying senders, each by ascending neuron.
template <class Columns>
struct SumInputs {
    BatchShape shape;
    std::size_t panels;
    Events events;
    WeightPanels weights;
    TracePanels input;
    bool accumulate;  // on top of what another projection left

    SNN_HD Place place(std::size_t i) const { return place_of<Columns>(i, shape.batch, panels); }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        float* out = input.at(shape, p);
        const Columns base = sum_constant(p);
        for (std::size_t t = 0; t < shape.steps; ++t) {
            float* at = out + t * panel_width;
            store_columns(at, accumulate ? add(load_columns(at, Columns{}), base) : base);
        }
        if (events.bits) {
            add_spikes(p, out);
        } else {
            add_values(p, out);
        }
    }

  private:
    SNN_HD Columns weight_row(const Place& p, std::size_t row) const {
        return load_columns(weights.at(p.panel, row, p.lane), Columns{});
    }

    SNN_HD Columns sum_constant(const Place& p) const {
        Columns sum = weights.has_bias() ? weight_row(p, weights.sources) : broadcast(0.0f, Columns{});
        const std::uint32_t* neurons = events.neurons_of(p.sample);
        const std::uint32_t constant = events.constant[p.sample];
        if (events.bits) {
            for (std::uint32_t k = 0; k < constant; ++k) sum = add(sum, weight_row(p, neurons[k]));
        } else {
            for (std::uint32_t k = 0; k < constant; ++k) {
                const float value = *events.values_of(p.sample, k, shape.steps);
                sum = fused(broadcast(value, Columns{}), weight_row(p, neurons[k]), sum);
            }
        }
        return sum;
    }

    SNN_HD void add_spikes(const Place& p, float* out) const {
        const std::uint32_t* neurons = events.neurons_of(p.sample);
        const std::size_t words = shape.words();
        for (std::uint32_t k = events.constant[p.sample]; k < events.count[p.sample]; ++k) {
            const Columns row = weight_row(p, neurons[k]);
            for_each_bit(events.bits_of(p.sample, k, words), words, [&](std::size_t t) {
                float* at = out + t * panel_width;
                store_columns(at, add(load_columns(at, Columns{}), row));
            });
        }
    }

    SNN_HD void add_values(const Place& p, float* out) const {
        const std::uint32_t* neurons = events.neurons_of(p.sample);
        for (std::uint32_t k = events.constant[p.sample]; k < events.count[p.sample]; ++k) {
            const Columns row = weight_row(p, neurons[k]);
            const float* values = events.values_of(p.sample, k, shape.steps);
            for (std::size_t t = 0; t < shape.steps; ++t) {
                float* at = out + t * panel_width;
                store_columns(at, fused(broadcast(values[t], Columns{}), row,
                                        load_columns(at, Columns{})));
            }
        }
    }
};

}  // namespace snnsim
