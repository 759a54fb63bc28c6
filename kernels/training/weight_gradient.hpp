// The gradient of a projection's weights: only the rows of neurons that sent something are touched.
#pragma once

#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// The first of the entries [from, to) whose neuron is not below `value`; `to` where there is none.
SNN_HD inline std::uint32_t lower_bound(const std::uint32_t* neurons, std::uint32_t from,
                                        std::uint32_t to, std::size_t value) {
    while (from < to) {
        const std::uint32_t middle = (from + to) / 2;
        if (neurons[middle] < value) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

/// Sums of a sample's rows of dL/d(input), over steps.
template <class Columns>
struct StepSums {
    BatchShape shape;
    Events events;
    std::size_t lag;  // steps until spikes act

    SNN_HD Columns all(const float* up, std::size_t from) const {
        Columns sum = broadcast(0.0f, Columns{});
        for (std::size_t t = from; t < shape.steps; ++t)
            sum = add(sum, load_columns(up + t * panel_width, Columns{}));
        return sum;
    }
    /// Of those on which the spikes of entry k act.
    SNN_HD Columns spikes(std::size_t b, std::size_t k, const float* up) const {
        Columns sum = broadcast(0.0f, Columns{});
        const std::size_t words = shape.words();
        for_each_bit(events.bits_of(b, k, words), words, [&](std::size_t t) {
            if (t + lag < shape.steps)
                sum = add(sum, load_columns(up + (t + lag) * panel_width, Columns{}));
        });
        return sum;
    }
};

/// Body over (block of weight rows, columns): gradient[row] += sum over samples and steps of
/// value[t] * dL/d(input)[t + lag]. One call owns its elements and takes samples in ascending
/// order, so the sum never depends on threads.
template <class Columns>
struct WeightGradient {
    BatchShape shape;
    std::size_t panels;
    std::size_t block;  // weight rows per call; the result does not depend on it
    Events events;
    TracePanels upper;  // dL/d(input) of the targets
    WeightPanels gradient;
    std::size_t lag;  // steps until spikes act

    SNN_HD std::size_t blocks() const { return (gradient.rows + block - 1) / block; }
    SNN_HD std::size_t size() const {
        return blocks() * panels * (panel_width / width_of<Columns>);
    }

    SNN_HD void operator()(std::size_t i) const {
        constexpr std::size_t parts = panel_width / width_of<Columns>;
        const std::size_t column = i % (panels * parts);
        const std::size_t first = i / (panels * parts) * block;
        const std::size_t last = first + block < gradient.rows ? first + block : gradient.rows;
        Place p{0, column / parts, static_cast<int>(column % parts) * width_of<Columns>};
        for (; p.sample < shape.batch; ++p.sample) add_sample(p, first, last);
    }

  private:
    SNN_HD StepSums<Columns> sums() const { return {shape, events, lag}; }
    SNN_HD void add_sample(const Place& p, std::size_t first, std::size_t last) const {
        const float* up = upper.at(shape, p);
        const std::uint32_t constant = events.constant[p.sample], count = events.count[p.sample];
        const std::uint32_t* neurons = events.neurons_of(p.sample);
        std::uint32_t k = lower_bound(neurons, 0, constant, first);
        if (k < constant && neurons[k] < last) {
            const Columns sum = sums().all(up, lag);
            for (; k < constant && neurons[k] < last; ++k) {
                if (events.bits) {
                    add_to(p, neurons[k], sum);
                } else {
                    const float value = *events.values_of(p.sample, k, shape.steps);
                    scale_to(p, neurons[k], value, sum);
                }
            }
        }
        k = lower_bound(neurons, constant, count, first);
        if (events.has_values(p.sample)) {
            const std::uint32_t end = lower_bound(neurons, k, count, last);
            for_each_tile(end - k,
                          [&]<int Rows>(std::size_t r) { add_values<Rows>(p, k + r, up); });
        } else {
            for (; k < count && neurons[k] < last; ++k)
                add_to(p, neurons[k], sums().spikes(p.sample, k, up));
        }
        if (gradient.has_bias() && last == gradient.rows)
            add_to(p, gradient.sources, sums().all(up, 0));
    }

    /// The rows of some entries, their sums over all steps in registers.
    template <int Rows>
    SNN_HD void add_values(const Place& p, std::size_t k, const float* up) const {
        const float* values = events.values_of(p.sample, k, shape.steps);
        Columns sum[Rows];
        for (int r = 0; r < Rows; ++r) sum[r] = broadcast(0.0f, Columns{});
        for (std::size_t t = 0; t + lag < shape.steps; ++t) {
            const Columns upper_row = load_columns(up + (t + lag) * panel_width, Columns{});
            for (int r = 0; r < Rows; ++r) {
                const float value = values[static_cast<std::size_t>(r) * shape.steps + t];
                sum[r] = fused(broadcast(value, Columns{}), upper_row, sum[r]);
            }
        }
        for (int r = 0; r < Rows; ++r) {
            add_to(p, events.neurons_of(p.sample)[k + static_cast<std::size_t>(r)], sum[r]);
        }
    }

    SNN_HD void add_to(const Place& p, std::size_t row, const Columns& sum) const {
        float* at = gradient.at(p.panel, row, p.lane);
        store_columns(at, add(load_columns(at, Columns{}), sum));
    }
    SNN_HD void scale_to(const Place& p, std::size_t row, float value, const Columns& sum) const {
        float* at = gradient.at(p.panel, row, p.lane);
        store_columns(at, fused(broadcast(value, Columns{}), sum, load_columns(at, Columns{})));
    }
};

/// Body over columns: the gradient of biases alone, as that of WeightGradient.
template <class Columns>
struct BiasGradient {
    BatchShape shape;
    TracePanels upper;  // dL/d(input)
    WeightPanels gradient;

    SNN_HD void operator()(std::size_t i) const {
        constexpr std::size_t parts = panel_width / width_of<Columns>;
        Place p{0, i / parts, static_cast<int>(i % parts) * width_of<Columns>};
        float* const to = gradient.at(p.panel, gradient.sources, p.lane);
        Columns all = load_columns(to, Columns{});
        for (; p.sample < shape.batch; ++p.sample) {
            Columns sum = broadcast(0.0f, Columns{});
            const float* const up = upper.at(shape, p);
            for (std::size_t t = 0; t < shape.steps; ++t)
                sum = add(sum, load_columns(up + t * panel_width, Columns{}));
            all = add(all, sum);
        }
        store_columns(to, all);
    }
};

/// Body over (sample, neuron): which of a sample's events is the neuron's, from 1; 0 where it sent
/// nothing.
struct IndexEvents {
    Events events;
    std::uint32_t* index;  // [sample][neuron]

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / events.capacity;
        const auto neuron = static_cast<std::uint32_t>(i % events.capacity);
        const std::uint32_t constant = events.constant[b];
        std::uint32_t k = find(b, 0, constant, neuron);
        if (k == 0) k = find(b, constant, events.count[b], neuron);
        index[i] = k;
    }

  private:
    SNN_HD std::uint32_t find(std::size_t b, std::uint32_t from, std::uint32_t to,
                              std::uint32_t neuron) const {
        const std::uint32_t* neurons = events.neurons_of(b);
        const std::uint32_t k = lower_bound(neurons, from, to, neuron);
        return k < to && neurons[k] == neuron ? k + 1 : 0;
    }
};

/// Body over (block of rows, columns), for GPUs: the same sums in the same order as WeightGradient,
/// without a search in every sample. The rows of a block share what they read of dL/d(input).
template <class Columns>
struct RowGradient {
    static constexpr std::size_t rows_at_once = 4;

    BatchShape shape;
    std::size_t panels;
    Events events;
    const std::uint32_t* index;  // see IndexEvents
    TracePanels upper;           // dL/d(input) of the targets
    WeightPanels gradient;
    std::size_t lag;  // steps until spikes act

    static constexpr std::size_t parts = panel_width / width_of<Columns>;

    SNN_HD std::size_t blocks() const {
        return (gradient.sources + rows_at_once - 1) / rows_at_once;
    }
    SNN_HD std::size_t size() const {
        return (blocks() + (gradient.has_bias() ? 1 : 0)) * panels * parts;
    }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t column = i % (panels * parts), block = i / (panels * parts);
        const Place p{0, column / parts, static_cast<int>(column % parts) * width_of<Columns>};
        if (block == blocks()) {
            add_bias(p);
        } else {
            add_block(p, block * rows_at_once);
        }
    }

  private:
    SNN_HD StepSums<Columns> sums() const { return {shape, events, lag}; }
    SNN_HD const float* next_sample(const float* up) const {
        return up + shape.steps * panel_width;
    }
    SNN_HD void add_bias(const Place& p) const {
        float* const at = gradient.at(p.panel, gradient.sources, p.lane);
        Columns sum = load_columns(at, Columns{});
        const float* up = upper.at(shape, p);
        for (std::size_t b = 0; b < shape.batch; ++b, up = next_sample(up))
            sum = add(sum, sums().all(up, 0));
        store_columns(at, sum);
    }
    SNN_HD void add_block(const Place& p, std::size_t first) const {
        const std::size_t left = gradient.sources - first;
        float* const at = gradient.at(p.panel, first, p.lane);
        Columns sum[rows_at_once];
        SNN_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
            sum[r] = r < left ? load_columns(at + r * panel_width, Columns{})
                              : broadcast(0.0f, Columns{});
        }
        const float* up = upper.at(shape, p);
        for (std::size_t b = 0; b < shape.batch; ++b, up = next_sample(up)) {
            std::uint32_t entry[rows_at_once], any = 0;
            SNN_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
                entry[r] = r < left ? index[b * events.capacity + first + r] : 0;
                any |= entry[r];
            }
            if (any == 0) continue;
            if (events.bits) {
                add_spikes(b, entry, up, sum);
            } else {
                SNN_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
                    if (entry[r] != 0) add_values(b, entry[r] - 1, up, sum[r]);
                }
            }
        }
        SNN_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
            if (r < left) store_columns(at + r * panel_width, sum[r]);
        }
    }
    SNN_HD void add_spikes(std::size_t b, const std::uint32_t (&entry)[rows_at_once],
                           const float* up, Columns (&sum)[rows_at_once]) const {
        Columns own[rows_at_once] = {};
        for (std::size_t w = 0; w < shape.words(); ++w) {
            std::uint32_t word[rows_at_once], any = 0;
            SNN_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
                word[r] = entry[r] != 0 ? events.bits_of(b, entry[r] - 1, shape.words())[w] : 0;
                any |= word[r];
            }
            for (; any != 0; any &= any - 1) {
                const int k = lowest_bit(any);
                const std::size_t t = w * 32 + static_cast<std::size_t>(k) + lag;
                if (t >= shape.steps) break;
                const Columns row = load_columns(up + t * panel_width, Columns{});
                SNN_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
                    if ((word[r] >> k) & 1u) own[r] = add(own[r], row);
                }
            }
        }
        SNN_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
            if (entry[r] != 0) sum[r] = add(sum[r], own[r]);
        }
    }
    SNN_HD void add_values(std::size_t b, std::uint32_t k, const float* up, Columns& sum) const {
        const float* const values = events.values_of(b, k, shape.steps);
        if (k < events.constant[b]) {
            sum = fused(broadcast(*values, Columns{}), sums().all(up, lag), sum);
            return;
        }
        Columns own = broadcast(0.0f, Columns{});
        for (std::size_t t = 0; t + lag < shape.steps; ++t)
            own = fused(broadcast(values[t], Columns{}),
                        load_columns(up + (t + lag) * panel_width, Columns{}), own);
        sum = add(sum, own);
    }
};

/// Body over the rows of a panel-shaped buffer, 16 floats each: sum of squares, for the norm of a
/// gradient.
struct SquareRows {
    const float* data;
    double* sum;  // [row]

    SNN_HD void operator()(std::size_t row) const {
        double total = 0.0;
        for (int l = 0; l < panel_width; ++l) {
            const double x = data[row * panel_width + static_cast<std::size_t>(l)];
            total = total + x * x;
        }
        sum[row] = total;
    }
};

}  // namespace snnsim
