// Bodies of CPUs for projections that are stored synapse by synapse: what belongs to a target lies
// along time, so that a source reaches all of its steps at once. Time follows what was sent.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/launch/panel_columns.hpp"
#include "kernels/training/sparse.hpp"

namespace snnsim {

/// [column][step]; one or two steps are taken one by one, more in whole vectors, which may
/// reach a vector past the end.
struct StepArrays {
    std::size_t steps, stride;

    static constexpr std::size_t width = panel_width;
    explicit StepArrays(std::size_t steps, std::size_t lag = 0)
        : steps(steps),
          stride(steps < 3 ? steps : panels_of(steps) * width + (lag > 0 ? width : 0)) {}
    bool vectors() const { return steps >= 3; }
};

/// to[t] = from[t] * factor + to[t], t < steps, each rounded once. `whole`: in vectors.
SNN_INLINE void add_steps(float* to, const float* from, float factor, std::size_t steps,
                          bool whole) {
    if (!whole) {
        for (std::size_t t = 0; t < steps; ++t) to[t] = fused(from[t], factor, to[t]);
        return;
    }
    const PanelColumns all = broadcast(factor, PanelColumns{});
    for (std::size_t t = 0; t < steps; t += StepArrays::width)
        store_columns(to + t, fused(load_columns(from + t, PanelColumns{}), all,
                                    load_columns(to + t, PanelColumns{})));
}

/// Body over samples: as SumInputs or, with a scale, SumRounded.
template <class Columns>
struct ScatterSynapses {
    BatchShape shape;
    std::size_t columns;  // of the targets, padding included
    Events events;
    SparseRows of;
    const float* bias;  // [column], or null
    TracePanels input;
    bool accumulate;
    std::size_t lag;
    float scale;  // see SumRounded; 0: values are not rounded

    void operator()(std::size_t b) const {
        const StepArrays arrays(shape.steps, lag);
        thread_local std::vector<float> sums, base;
        sums.resize(columns * arrays.stride);
        base.assign(columns, 0.0f);
        if (bias) std::copy(bias, bias + columns, base.begin());
        const std::uint32_t constant = events.constant[b], count = events.count[b];
        if (reach() > 0 && scale == 0.0f) {
            for (std::uint32_t k = 0; k < constant; ++k) add_constant(b, k, base.data());
        }
        start(b, arrays, base.data(), sums.data());
        if (reach() > 0 && scale == 0.0f) {
            for (std::uint32_t k = constant; k < count; ++k) add(b, k, arrays, sums.data());
        } else if (reach() > 0) {
            for (std::uint32_t k = 0; k < count; ++k) add_rounded(b, k, arrays, sums.data());
        }
        finish(b, arrays, sums.data());
    }

  private:
    std::size_t reach() const { return shape.reach(lag); }
    template <class F>
    void for_each_synapse(std::uint32_t source, F&& f) const {
        for (std::uint32_t s = of.first[source]; s < of.first[source + 1]; ++s)
            f(of.target[s], of.weight[s]);
    }

    void add_constant(std::size_t b, std::uint32_t k, float* base) const {
        const std::uint32_t source = events.neurons_of(b)[k];
        if (events.bits) {
            for_each_synapse(source, [&](std::uint32_t j, float w) { base[j] = base[j] + w; });
            return;
        }
        const float value = *events.values_of(b, k, shape.steps);
        for_each_synapse(source,
                         [&](std::uint32_t j, float w) { base[j] = fused(value, w, base[j]); });
    }

    /// From what another projection left, `base`, and before anything arrives the bias.
    void start(std::size_t b, const StepArrays& arrays, const float* base, float* sums) const {
        const std::size_t before = shape.steps - reach();
        const auto base_at = [&](std::size_t column, std::size_t t) {
            return t >= before ? base[column] : bias ? bias[column] : 0.0f;
        };
        for (std::size_t first = 0; first < columns; first += panel_width) {
            float* const out = sums + first * arrays.stride;
            if (!accumulate) {
                for (std::size_t l = 0; l < panel_width; ++l) {
                    for (std::size_t t = 0; t < shape.steps; ++t)
                        out[l * arrays.stride + t] = base_at(first + l, t);
                }
                continue;
            }
            const float* row = column_of(input, shape, b, first);
            for (std::size_t t = 0; t < shape.steps; ++t, row += panel_width) {
                for (std::size_t l = 0; l < panel_width; ++l)
                    out[l * arrays.stride + t] = row[l] + base_at(first + l, t);
            }
        }
    }

    void add(std::size_t b, std::uint32_t k, const StepArrays& arrays, float* sums) const {
        const std::uint32_t source = events.neurons_of(b)[k];
        if (of.first[source] == of.first[source + 1]) return;
        thread_local std::vector<float> values;
        values.assign(arrays.stride, 0.0f);
        if (events.bits) {
            thread_local std::vector<std::uint32_t> spikes;
            spikes.clear();
            for_each_bit(events.bits_of(b, k, shape.words()), shape.words(), [&](std::size_t t) {
                if (t < reach()) spikes.push_back(static_cast<std::uint32_t>(t));
            });
            // A vector of steps takes about the time of two spikes.
            const bool few = !arrays.vectors() || spikes.size() <= 1 + 2 * panels_of(reach());
            if (few) {
                add_few(source, spikes.data(), spikes.size(), sums + lag, arrays.stride);
                return;
            }
            for (const std::uint32_t t : spikes) values[t] = 1.0f;
        } else {
            const float* const sent = events.values_of(b, k, shape.steps);
            std::copy(sent, sent + reach(), values.begin());
        }
        for_each_synapse(source, [&](std::uint32_t j, float w) {
            add_steps(sums + j * arrays.stride + lag, values.data(), w, reach(), arrays.vectors());
        });
    }

    void add_few(std::uint32_t source, const std::uint32_t* spikes, std::size_t count, float* sums,
                 std::size_t stride) const {
        const std::uint32_t* const target = of.target;
        const float* const weight = of.weight;
        const std::uint32_t end = of.first[source + 1];
        if (count == 1) {
            float* const at = sums + spikes[0];
            for (std::uint32_t s = of.first[source]; s < end; ++s)
                at[target[s] * stride] = at[target[s] * stride] + weight[s];
            return;
        }
        for (std::uint32_t s = of.first[source]; s < end; ++s) {
            float* const at = sums + target[s] * stride;
            const float w = weight[s];
            for (std::size_t k = 0; k < count; ++k) at[spikes[k]] = at[spikes[k]] + w;
        }
    }

    void add_rounded(std::size_t b, std::uint32_t k, const StepArrays& arrays, float* sums) const {
        const float* const values = events.values_of(b, k, shape.steps);
        const bool constant = k < events.constant[b];
        for_each_synapse(events.neurons_of(b)[k], [&](std::uint32_t j, float w) {
            float* const at = sums + j * arrays.stride + lag;
            for (std::size_t t = 0; t < reach(); ++t) {
                const float value = values[constant ? 0 : t];
                if (value != 0.0f) at[t] = at[t] + rounded_product(w, value, scale);
            }
        });
    }

    void finish(std::size_t b, const StepArrays& arrays, const float* sums) const {
        for (std::size_t first = 0; first < columns; first += panel_width) {
            const float* const in = sums + first * arrays.stride;
            float* row = column_of(input, shape, b, first);
            for (std::size_t t = 0; t < shape.steps; ++t, row += panel_width) {
                for (std::size_t l = 0; l < panel_width; ++l) row[l] = in[l * arrays.stride + t];
            }
        }
    }
};

/// A step of a trace in one sample, by column: in the trace the panels lie so far apart, and often
/// so evenly, that a cache keeps few of them at a time.
struct StepRow {
    const BatchShape& shape;
    const TracePanels& trace;
    std::size_t b, t;

    void read(std::vector<float>& row) const {
        for (std::size_t first = 0; first < row.size(); first += panel_width)
            std::copy_n(at(first), panel_width, row.data() + first);
    }
    void write(const std::vector<float>& row) const {
        for (std::size_t first = 0; first < row.size(); first += panel_width)
            std::copy_n(row.data() + first, panel_width, at(first));
    }

  private:
    float* at(std::size_t column) const {
        return column_of(trace, shape, b, column) + t * panel_width;
    }
};

/// Body over samples: as AddFired.
template <class Columns>
struct AddFiredRows {
    BatchShape shape;
    std::size_t columns;  // of the targets, padding included
    SparseRows of;
    Fired fired;
    TracePanels input;
    std::size_t t;

    void operator()(std::size_t b) const {
        if (!fired.count || fired.count[b] == 0) return;
        const std::size_t first = b * of.sources;
        thread_local std::vector<float> sum;
        sum.resize(columns);
        const StepRow row{shape, input, b, t};
        row.read(sum);
        for (std::uint32_t k = 0; k < fired.count[b]; ++k) {
            const std::uint32_t source = fired.neuron[first + k];
            for (std::uint32_t s = of.first[source]; s < of.first[source + 1]; ++s) {
                float& at = sum[of.target[s]];
                at = fired.value ? fused(fired.value[first + k], of.weight[s], at)
                                 : at + of.weight[s];
            }
        }
        row.write(sum);
    }
};

/// Body over samples: as BackStep.
template <class Columns>
struct BackStepRows {
    SynapsesBack back;
    std::size_t columns;  // of the targets, padding included
    std::size_t t;

    void operator()(std::size_t b) const {
        thread_local std::vector<float> upper, sum;
        upper.resize(columns);
        sum.resize(back.columns());
        StepRow{back.shape, back.upper, b, t + back.lag}.read(upper);
        const StepRow row{back.shape, back.gradient, b, t};
        row.read(sum);
        for (std::size_t column = 0; column < sum.size(); ++column) {
            const std::size_t source = back.source_of(column);
            if (source >= back.of.sources) continue;
            float own = 0.0f;
            for (std::uint32_t s = back.of.first[source]; s < back.of.first[source + 1]; ++s)
                own = fused(upper[back.of.target[s]], back.of.weight[s], own);
            sum[column] = sum[column] + own;
        }
        row.write(sum);
    }
};

/// dL/d(input) of the targets in some samples, along time.
struct UpperSteps {
    std::size_t first = 0, count = 0;  // samples
    std::size_t columns = 0;
    StepArrays arrays{0};
    float* steps = nullptr;  // [sample - first][column][step]
    float* sum = nullptr;    // [sample - first][column]: over those that something reaches

    const float* at(std::size_t sample, std::size_t column) const {
        return steps + ((sample - first) * columns + column) * arrays.stride;
    }
    float sum_of(std::size_t sample, std::size_t column) const {
        return sum[(sample - first) * columns + column];
    }
};

/// Body over (sample, panel): fills them.
template <class Columns>
struct CopyUpper {
    BatchShape shape;
    TracePanels upper;
    std::size_t lag;
    UpperSteps to;

    std::size_t size() const { return to.count * (to.columns / panel_width); }
    void operator()(std::size_t i) const {
        const std::size_t panels = to.columns / panel_width;
        const std::size_t sample = i / panels, column = i % panels * panel_width;
        const float* row = column_of(upper, shape, to.first + sample, column);
        float* const out = to.steps + (sample * to.columns + column) * to.arrays.stride;
        float* const sum = to.sum + sample * to.columns + column;
        for (std::size_t l = 0; l < panel_width; ++l) sum[l] = 0.0f;
        for (std::size_t t = 0; t < shape.steps; ++t, row += panel_width) {
            for (std::size_t l = 0; l < panel_width; ++l) {
                out[l * to.arrays.stride + t] = row[l];
                if (t >= lag) sum[l] = sum[l] + row[l];
            }
        }
    }
};

/// Body over (sample, panel of the sources): as BackData.
template <class Columns>
struct BackRows {
    SynapsesBack back;
    UpperSteps upper;

    std::size_t size() const { return upper.count * back.order.panels(); }
    void operator()(std::size_t i) const {
        const std::size_t panels = back.order.panels();
        const std::size_t b = upper.first + i / panels, column = i % panels * panel_width;
        const std::size_t steps = back.shape.steps, reach = back.shape.reach(back.lag);
        float* const out = column_of(back.gradient, back.shape, b, column);
        constexpr std::size_t most = at_once * StepArrays::width;
        for (std::size_t first = 0; first < reach; first += most) {
            const std::size_t count = std::min(reach - first, most);
            float sums[panel_width][most];
            for (std::size_t l = 0; l < panel_width; ++l)
                sum_steps(b, back.source_of(column + l), first, count, sums[l]);
            for (std::size_t t = 0; t < count; ++t) {
                float* const row = out + (first + t) * panel_width;
                for (std::size_t l = 0; l < panel_width; ++l)
                    row[l] = back.accumulate ? row[l] + sums[l][t] : sums[l][t];
            }
        }
        if (back.accumulate) return;
        std::fill(out + reach * panel_width, out + steps * panel_width, 0.0f);
    }

  private:
    static constexpr std::size_t at_once = 4;  // vectors of steps in registers

    template <class F>
    void for_each_synapse(std::size_t b, std::size_t source, std::size_t first, F&& f) const {
        for (std::uint32_t s = back.of.first[source]; s < back.of.first[source + 1]; ++s)
            f(upper.at(b, back.of.target[s]) + back.lag + first, back.of.weight[s]);
    }
    void sum_steps(std::size_t b, std::size_t source, std::size_t first, std::size_t count,
                   float* sums) const {
        if (source >= back.of.sources || !upper.arrays.vectors()) std::fill_n(sums, count, 0.0f);
        if (source >= back.of.sources) return;
        if (count == 1) {  // as in ordinary networks
            float sum = 0.0f;
            for_each_synapse(b, source, first,
                             [&](const float* up, float weight) { sum = fused(*up, weight, sum); });
            *sums = sum;
            return;
        }
        if (!upper.arrays.vectors()) {
            for_each_synapse(b, source, first, [&](const float* up, float weight) {
                for (std::size_t t = 0; t < count; ++t) sums[t] = fused(up[t], weight, sums[t]);
            });
            return;
        }
        switch (panels_of(count)) {
            case 1:
                return sum_vectors<1>(b, source, first, sums);
            case 2:
                return sum_vectors<2>(b, source, first, sums);
            case 3:
                return sum_vectors<3>(b, source, first, sums);
            default:
                return sum_vectors<4>(b, source, first, sums);
        }
    }
    template <int Vectors>
    void sum_vectors(std::size_t b, std::size_t source, std::size_t first, float* sums) const {
        PanelColumns sum[Vectors] = {};
        for_each_synapse(b, source, first, [&](const float* up, float weight) {
            const PanelColumns all = broadcast(weight, PanelColumns{});
            for (int r = 0; r < Vectors; ++r)
                sum[r] = fused(load_columns(up + r * panel_width, PanelColumns{}), all, sum[r]);
        });
        for (int r = 0; r < Vectors; ++r) store_columns(sums + r * panel_width, sum[r]);
    }
};

/// Body over blocks of sources: as WeightGradient, of the samples that `upper` has.
template <class Columns>
struct GradientRows {
    BatchShape shape;
    std::size_t block;  // sources
    Events events;
    UpperSteps upper;
    SparseRows of;
    float* gradient;  // [synapse]
    std::size_t lag;

    std::size_t size() const { return (of.sources + block - 1) / block; }
    void operator()(std::size_t i) const {
        const std::size_t first = i * block, last = std::min(first + block, of.sources);
        for (std::size_t b = upper.first; b < upper.first + upper.count; ++b) {
            const std::uint32_t* const neurons = events.neurons_of(b);
            const std::uint32_t constant = events.constant[b], count = events.count[b];
            for (std::uint32_t k = lower_bound(neurons, 0, constant, first);
                 k < constant && neurons[k] < last; ++k)
                add_constant(b, k);
            for (std::uint32_t k = lower_bound(neurons, constant, count, first);
                 k < count && neurons[k] < last; ++k) {
                if (events.bits) {
                    add_spikes(b, k);
                } else {
                    add_values(b, k);
                }
            }
        }
    }

  private:
    template <class F>
    void for_each_synapse(std::size_t b, std::uint32_t k, F&& f) const {
        const std::uint32_t source = events.neurons_of(b)[k];
        for (std::uint32_t s = of.first[source]; s < of.first[source + 1]; ++s)
            f(of.target[s], gradient[s]);
    }
    void add_constant(std::size_t b, std::uint32_t k) const {
        if (events.bits) {
            for_each_synapse(b, k, [&](std::uint32_t j, float& g) { g = g + upper.sum_of(b, j); });
            return;
        }
        const float value = *events.values_of(b, k, shape.steps);
        for_each_synapse(
            b, k, [&](std::uint32_t j, float& g) { g = fused(value, upper.sum_of(b, j), g); });
    }
    void add_spikes(std::size_t b, std::uint32_t k) const {
        thread_local std::vector<std::uint32_t> steps;
        steps.clear();
        for_each_bit(events.bits_of(b, k, shape.words()), shape.words(), [&](std::size_t t) {
            if (t + lag < shape.steps) steps.push_back(static_cast<std::uint32_t>(t + lag));
        });
        const std::uint32_t *const first = steps.data(), *const last = first + steps.size();
        add_sums(b, k, [&]<int Synapses>(const float* const(&up)[Synapses], float(&own)[Synapses]) {
            for (const std::uint32_t* t = first; t != last; ++t) {
                for (int r = 0; r < Synapses; ++r) own[r] = own[r] + up[r][*t];
            }
        });
    }
    void add_values(std::size_t b, std::uint32_t k) const {
        const float* const values = events.values_of(b, k, shape.steps);
        add_sums(b, k, [&]<int Synapses>(const float* const(&up)[Synapses], float(&own)[Synapses]) {
            for (std::size_t t = 0; t + lag < shape.steps; ++t) {
                for (int r = 0; r < Synapses; ++r)
                    own[r] = fused(values[t], up[r][t + lag], own[r]);
            }
        });
    }
    /// Adds sum(dL/d(input) of targets, sums of them) to the gradients of the synapses of entry k:
    /// of four at a time, for one addition waits for the one before it.
    template <class Sum>
    void add_sums(std::size_t b, std::uint32_t k, Sum&& sum) const {
        constexpr int at_once = 4;
        const std::uint32_t source = events.neurons_of(b)[k];
        std::uint32_t s = of.first[source];
        const std::uint32_t end = of.first[source + 1];
        for (; s + at_once <= end; s += at_once) {
            const float* const up[at_once] = {
                upper.at(b, of.target[s]), upper.at(b, of.target[s + 1]),
                upper.at(b, of.target[s + 2]), upper.at(b, of.target[s + 3])};
            float own[at_once] = {};
            sum(up, own);
            for (int r = 0; r < at_once; ++r) gradient[s + static_cast<std::uint32_t>(r)] += own[r];
        }
        for (; s < end; ++s) {
            const float* const up[1] = {upper.at(b, of.target[s])};
            float own[1] = {};
            sum(up, own);
            gradient[s] = gradient[s] + own[0];
        }
    }
};

}  // namespace snnsim
