// Synaptic input of a layer for all steps of a batch: the weight rows of the neurons that sent
// something.
#pragma once

#include "kernels/lanes.hpp"
#include "kernels/training/events.hpp"

namespace snnsim {

/// Weights of a projection: [panel][row][panel_width], a row per presynaptic neuron and, where
/// there is a bias, one more that is always on.
struct WeightPanels {
    float* data = nullptr;
    std::size_t rows = 0;     // bias row included
    std::size_t sources = 0;  // presynaptic neurons

    SNN_HD float* at(std::size_t panel, std::size_t row, int lane) const {
        return data + (panel * rows + row) * panel_width + lane;
    }
    SNN_HD bool has_bias() const { return rows > sources; }
    /// From such a panel on.
    WeightPanels from(std::size_t panel) const {
        return {data + panel * rows * panel_width, rows, sources};
    }
};

/// A trace of a layer: [panel][sample][step][panel_width].
struct TracePanels {
    float* data = nullptr;

    SNN_HD float* at(const BatchShape& shape, const Place& p) const {
        return data + (p.panel * shape.batch + p.sample) * shape.steps * panel_width + p.lane;
    }
    /// From such a panel on.
    TracePanels from(const BatchShape& shape, std::size_t panel) const {
        return {data + panel * shape.rows() * panel_width};
    }
};

/// Body over (sample, columns): input[t] (+)= bias + sum over senders of value[t - lag] * weight
/// row. Per column the order is: bias, constant senders, varying senders, each by ascending neuron.
/// A kind of its own for delayed projections, so that the others pay nothing for the lag.
template <class Columns, bool Delayed = false>
struct SumInputs {
    BatchShape shape;
    std::size_t panels;
    Events events;
    WeightPanels weights;
    TracePanels input;
    bool accumulate;      // on top of what another projection left
    std::size_t lag = 0;  // steps, where Delayed; as many as a sample has or more: the bias alone

    SNN_HD Place place(std::size_t i) const { return place_of<Columns>(i, shape.batch, panels); }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        float* out = input.at(shape, p);
        if constexpr (Delayed) {
            start(out, shape.steps - reach(), bias(p));
            if (reach() == 0) return;
            out += lag * panel_width;
        }
        start(out, reach(), sum_constant(p));
        if (events.has_values(p.sample)) {
            for_each_tile(reach(), [&]<int Rows>(std::size_t t) { add_values<Rows>(p, t, out); });
        } else if constexpr (width_of<Columns> < panel_width) {
            for (std::size_t w = 0; 32 * w < reach(); ++w) add_words(p, w, out);
        } else {
            add_spikes(p, out);
        }
    }

  private:
    SNN_HD std::size_t reach() const {
        if constexpr (Delayed) {
            return shape.reach(lag);
        } else {
            return shape.steps;
        }
    }

    SNN_HD Columns weight_row(const Place& p, std::size_t row) const {
        return load_columns(weights.at(p.panel, row, p.lane), Columns{});
    }
    SNN_HD Columns bias(const Place& p) const {
        return weights.has_bias() ? weight_row(p, weights.sources) : broadcast(0.0f, Columns{});
    }

    SNN_HD void start(float* out, std::size_t steps, const Columns& base) const {
        for (std::size_t t = 0; t < steps; ++t) {
            float* at = out + t * panel_width;
            store_columns(at, accumulate ? add(load_columns(at, Columns{}), base) : base);
        }
    }

    SNN_HD Columns sum_constant(const Place& p) const {
        Columns sum = bias(p);
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

    /// Few spikes: each adds its row to the input of its step, in memory.
    SNN_HD void add_spikes(const Place& p, float* out) const {
        const std::uint32_t* neurons = events.neurons_of(p.sample);
        const std::size_t words = shape.words();
        for (std::uint32_t k = events.constant[p.sample]; k < events.count[p.sample]; ++k) {
            const Columns row = weight_row(p, neurons[k]);
            for_each_bit(events.bits_of(p.sample, k, words), words, [&](std::size_t t) {
                if constexpr (Delayed) {
                    if (t >= reach()) return;
                }
                float* at = out + t * panel_width;
                store_columns(at, add(load_columns(at, Columns{}), row));
            });
        }
    }

    /// The same with the sums of 32 steps in registers, for a thread that has few columns.
    SNN_HD void add_words(const Place& p, std::size_t w, float* out) const {
        const std::uint32_t* neurons = events.neurons_of(p.sample);
        const std::size_t first = 32 * w;
        const std::size_t steps = reach() - first < 32 ? reach() - first : 32;
        Columns sum[32];
        SNN_UNROLL for (std::size_t t = 0; t < 32; ++t) {
            sum[t] = t < steps ? load_columns(out + (first + t) * panel_width, Columns{})
                               : broadcast(0.0f, Columns{});
        }
        for (std::uint32_t k = events.constant[p.sample]; k < events.count[p.sample]; ++k) {
            const std::uint32_t word = events.bits_of(p.sample, k, shape.words())[w];
            const Columns row = weight_row(p, neurons[k]);
            SNN_UNROLL for (int t = 0; t < 32; ++t) {
                if ((word >> t) & 1u) sum[t] = add(sum[t], row);
            }
        }
        SNN_UNROLL for (std::size_t t = 0; t < 32; ++t) {  // no index that memory is needed for
            if (t < steps) store_columns(out + (first + t) * panel_width, sum[t]);
        }
    }

    /// Values, or many spikes as ones and zeros: the sums of some steps in registers.
    template <int Rows>
    SNN_HD void add_values(const Place& p, std::size_t t, float* out) const {
        const std::uint32_t* neurons = events.neurons_of(p.sample);
        float* at = out + t * panel_width;
        Columns sum[Rows];
        for (int r = 0; r < Rows; ++r) sum[r] = load_columns(at + r * panel_width, Columns{});
        for (std::uint32_t k = events.constant[p.sample]; k < events.count[p.sample]; ++k) {
            const Columns row = weight_row(p, neurons[k]);
            const float* values = events.values_of(p.sample, k, shape.steps) + t;
            for (int r = 0; r < Rows; ++r)
                sum[r] = fused(broadcast(values[r], Columns{}), row, sum[r]);
        }
        for (int r = 0; r < Rows; ++r) store_columns(at + r * panel_width, sum[r]);
    }
};

}  // namespace snnsim
