// Projections that are stored synapse by synapse. All sums have the order in which the bodies of
// full matrices add, without what is not there, and so their bits.
#pragma once

#include "kernels/training/channels.hpp"
#include "kernels/training/quantize.hpp"
#include "kernels/training/recurrent.hpp"
#include "kernels/training/weight_gradient.hpp"

namespace snnsim {

/// The synapses of each source, as its outputs are stored, ascending by column of the targets.
struct SparseRows {
    std::size_t sources = 0;
    const std::uint32_t* first = nullptr;   // [source]: its first synapse; and the end
    const std::uint32_t* target = nullptr;  // [synapse]: column of the targets
    const float* weight = nullptr;          // [synapse]
};

/// The same by column of the targets, ascending by source: for GPUs, whose threads each own a
/// target.
struct SparseColumns {
    std::size_t columns = 0;                 // padding included
    const std::uint32_t* first = nullptr;    // [column]: its first entry; and the end
    const std::uint32_t* source = nullptr;   // [entry]
    const std::uint32_t* synapse = nullptr;  // [entry]: its number among those of SparseRows
    const float* weight = nullptr;           // [synapse]
};

SNN_HD inline float* column_of(const TracePanels& trace, const BatchShape& shape, std::size_t b,
                               std::size_t column) {
    return trace.at(shape, {b, column / panel_width, static_cast<int>(column % panel_width)});
}

/// Body over (sample, column): as SumInputs.
struct SumSynapses {
    BatchShape shape;
    Events events;
    const std::uint32_t* index;  // see IndexEvents
    SparseColumns of;
    const float* bias;  // [column], or null
    TracePanels input;
    bool accumulate;
    std::size_t lag;

    SNN_HD std::size_t size() const { return shape.batch * of.columns; }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / of.columns, column = i % of.columns;
        const std::size_t reach = shape.reach(lag), before = shape.steps - reach;
        const float own = bias ? bias[column] : 0.0f;
        float* const out = column_of(input, shape, b, column);
        start(out, before, own);
        if (reach == 0) return;
        float* const arriving = out + before * panel_width;
        start(arriving, reach, sum_constant(b, column, own));
        for (std::size_t w = 0; 32 * w < reach; ++w) add_word(b, column, w, arriving);
    }

  private:
    SNN_HD void start(float* out, std::size_t steps, float base) const {
        for (std::size_t t = 0; t < steps; ++t) {
            float& at = out[t * panel_width];
            at = accumulate ? at + base : base;
        }
    }
    SNN_HD float sum_constant(std::size_t b, std::size_t column, float sum) const {
        const std::uint32_t constant = events.constant[b];
        for (std::uint32_t e = of.first[column]; e < of.first[column + 1]; ++e) {
            const std::uint32_t k = index[b * events.capacity + of.source[e]];
            if (k == 0 || k > constant) continue;
            const float w = of.weight[of.synapse[e]];
            sum = events.bits ? sum + w : fused(*events.values_of(b, k - 1, shape.steps), w, sum);
        }
        return sum;
    }
    /// The sums of 32 steps in registers.
    SNN_HD void add_word(std::size_t b, std::size_t column, std::size_t w, float* out) const {
        const std::size_t reach = shape.reach(lag), first = 32 * w;
        const std::size_t steps = reach - first < 32 ? reach - first : 32;
        const std::uint32_t constant = events.constant[b];
        float sum[32];
        SNN_UNROLL for (std::size_t t = 0; t < 32; ++t) {
            sum[t] = t < steps ? out[(first + t) * panel_width] : 0.0f;
        }
        for (std::uint32_t e = of.first[column]; e < of.first[column + 1]; ++e) {
            const std::uint32_t k = index[b * events.capacity + of.source[e]];
            if (k <= constant) continue;
            const float weight = of.weight[of.synapse[e]];
            if (events.bits) {
                const std::uint32_t word = events.bits_of(b, k - 1, shape.words())[w];
                SNN_UNROLL for (int t = 0; t < 32; ++t) {
                    if ((word >> t) & 1u) sum[t] = sum[t] + weight;
                }
            } else {
                const float* const values = events.values_of(b, k - 1, shape.steps) + first;
                SNN_UNROLL for (std::size_t t = 0; t < 32; ++t) {
                    if (t < steps) sum[t] = fused(values[t], weight, sum[t]);
                }
            }
        }
        SNN_UNROLL for (std::size_t t = 0; t < 32; ++t) {  // no index that memory is needed for
            if (t < steps) out[(first + t) * panel_width] = sum[t];
        }
    }
};

/// What a value brings through a synapse, in whole numbers of 1 / `scale`; see SumRounded.
SNN_HD inline float rounded_product(float weight, float value, float scale) {
    const float units = weight * scale;
    const float brought = value == 1.0f ? units : floorf(units * value + 0.5f);
    return brought * (1.0f / scale);
}

/// Body over (sample, column): as SumRounded.
struct SumSynapsesRounded {
    SumSynapses sum;
    float scale;

    SNN_HD std::size_t size() const { return sum.size(); }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / sum.of.columns, column = i % sum.of.columns;
        float* const out = column_of(sum.input, sum.shape, b, column);
        for (std::size_t t = 0; t < sum.shape.steps; ++t) {
            float& at = out[t * panel_width];
            const float base = sum.accumulate ? at : 0.0f;
            at = sum.bias ? base + sum.bias[column] : base;
            if (t < sum.lag) continue;
            add(b, column, t - sum.lag, true, at);
            add(b, column, t - sum.lag, false, at);
        }
    }

  private:
    SNN_HD void add(std::size_t b, std::size_t column, std::size_t sent, bool constant,
                    float& at) const {
        const Events& events = sum.events;
        const SparseColumns& of = sum.of;
        for (std::uint32_t e = of.first[column]; e < of.first[column + 1]; ++e) {
            const std::uint32_t k = sum.index[b * events.capacity + of.source[e]];
            if (k == 0 || (k <= events.constant[b]) != constant) continue;
            const float value = events.values_of(b, k - 1, sum.shape.steps)[constant ? 0 : sent];
            if (value != 0.0f) at = at + rounded_product(of.weight[of.synapse[e]], value, scale);
        }
    }
};

/// Body over (sample, column): as AddFired, from what the sources put out.
struct AddFiredSynapses {
    BatchShape shape;
    RawOutput sent;
    ValueGrid grid;  // of values that are sent
    std::size_t sources;
    SparseColumns of;
    TracePanels input;
    std::size_t t, lag;

    SNN_HD std::size_t size() const { return t < lag ? 0 : shape.batch * of.columns; }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / of.columns, column = i % of.columns;
        float& at = column_of(input, shape, b, column)[t * panel_width];
        float sum = at;
        for (std::uint32_t e = of.first[column]; e < of.first[column + 1]; ++e) {
            const float weight = of.weight[of.synapse[e]];
            const std::size_t from = b * sources + of.source[e];
            if (sent.bits) {
                const std::uint32_t word = sent.bits[from * shape.words() + (t - lag) / 32];
                if ((word >> ((t - lag) % 32)) & 1u) sum = sum + weight;
                continue;
            }
            const float put_out = sent.values[from * shape.steps + t - lag];
            const float value = grid.step > 0.0f ? grid.round(put_out) : put_out;
            if (value != 0.0f) sum = fused(value, weight, sum);
        }
        at = sum;
    }
};

/// What sources get back of their targets. Of columns of the sources that are padding: nothing.
struct SynapsesBack {
    BatchShape shape;
    SparseRows of;
    ChannelOrder order;  // of the sources
    TracePanels upper;   // dL/d(input) of the targets
    TracePanels gradient;
    bool accumulate;
    std::size_t lag;

    SNN_HD std::size_t columns() const { return order.panels() * panel_width; }
    SNN_HD std::size_t source_of(std::size_t column) const {
        return order.plain() ? column : order.stored_of_column(column);
    }
    /// Adds what `Steps` of the targets' steps pass back, from step t on.
    template <int Steps>
    SNN_HD void add(std::size_t b, std::size_t column, std::size_t t, float (&sum)[Steps]) const {
        const std::size_t source = source_of(column);
        if (source >= of.sources) return;
        for (std::uint32_t s = of.first[source]; s < of.first[source + 1]; ++s) {
            const float weight = of.weight[s];
            const float* const up =
                column_of(upper, shape, b, of.target[s]) + (t + lag) * panel_width;
            SNN_UNROLL for (int r = 0; r < Steps; ++r) {
                if (t + lag + static_cast<std::size_t>(r) < shape.steps)
                    sum[r] = fused(up[r * panel_width], weight, sum[r]);
            }
        }
    }
};

/// Body over (sample, column of the sources): as BackData.
struct BackSynapses {
    SynapsesBack back;

    SNN_HD std::size_t size() const { return back.shape.batch * back.columns(); }
    SNN_HD void operator()(std::size_t i) const {
        constexpr int at_once = 8;
        const std::size_t b = i / back.columns(), column = i % back.columns();
        const std::size_t steps = back.shape.steps, reach = back.shape.reach(back.lag);
        float* const out = column_of(back.gradient, back.shape, b, column);
        for (std::size_t first = 0; first < reach; first += at_once) {
            float sum[at_once] = {};
            back.add(b, column, first, sum);
            SNN_UNROLL for (std::size_t r = 0; r < at_once; ++r) {
                if (first + r < reach) {
                    float& at = out[(first + r) * panel_width];
                    at = back.accumulate ? at + sum[r] : sum[r];
                }
            }
        }
        if (back.accumulate) return;
        for (std::size_t t = reach; t < steps; ++t) out[t * panel_width] = 0.0f;
    }
};

/// Body over (sample, column of the sources): as BackStep.
struct BackStepSynapses {
    SynapsesBack back;
    std::size_t t;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / back.columns(), column = i % back.columns();
        float sum[1] = {};
        back.add(b, column, t, sum);
        float& at = column_of(back.gradient, back.shape, b, column)[t * panel_width];
        at = at + sum[0];
    }
};

/// Body over synapses, for GPUs: as WeightGradient.
struct SynapseGradient {
    BatchShape shape;
    Events events;
    const std::uint32_t* index;  // see IndexEvents
    SparseRows of;
    const std::uint32_t* source;  // [synapse]
    TracePanels upper;
    float* gradient;
    std::size_t lag;

    SNN_HD void operator()(std::size_t s) const {
        float sum = gradient[s];
        for (std::size_t b = 0; b < shape.batch; ++b) {
            const std::uint32_t k = index[b * events.capacity + source[s]];
            if (k == 0) continue;
            const float* const up = column_of(upper, shape, b, of.target[s]);
            if (!events.bits && k <= events.constant[b]) {
                float all = 0.0f;
                for (std::size_t t = lag; t < shape.steps; ++t) all = all + up[t * panel_width];
                sum = fused(*events.values_of(b, k - 1, shape.steps), all, sum);
            } else {
                sum = sum + of_sample(b, k - 1, up);
            }
        }
        gradient[s] = sum;
    }

  private:
    SNN_HD float of_sample(std::size_t b, std::size_t k, const float* up) const {
        float own = 0.0f;
        if (events.bits) {
            for_each_bit(events.bits_of(b, k, shape.words()), shape.words(), [&](std::size_t t) {
                if (t + lag < shape.steps) own = own + up[(t + lag) * panel_width];
            });
            return own;
        }
        const float* const values = events.values_of(b, k, shape.steps);
        for (std::size_t t = 0; t + lag < shape.steps; ++t)
            own = fused(values[t], up[(t + lag) * panel_width], own);
        return own;
    }
};

/// Body over elements, of which those from `count` on are biases: as ScaleRows.
struct ScaleSynapses {
    const float* from;
    float* to;
    std::size_t count;
    float factor;

    SNN_HD void operator()(std::size_t i) const { to[i] = i < count ? factor * from[i] : from[i]; }
};

}  // namespace snnsim
