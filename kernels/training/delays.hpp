// Projections whose synapses each learn a delay: input_j[t] = sum over i and d of w_ij K(d; d_ij)
// sent_i[t - d], and its gradients.
#pragma once

#include <cmath>

#include "kernels/training/delay_taps.hpp"
#include "kernels/training/sent.hpp"
#include "kernels/training/weight_gradient.hpp"

namespace snnsim {

/// Delays in steps: [panel of targets][source][panel_width]; and for each such row w K(d) of its
/// synapses, the same for the gradients: [panel][source][tap][panel_width].
struct SynapseTaps {
    DelayTaps taps;
    std::size_t sources;
    const float* delay;
    TapRange* range;  // [panel][source]: of all synapses of the row
    float* weight;    // w K(d)
    float* gradient;  // dL/d(w K(d)), in the ranges

    SNN_HD std::size_t row(std::size_t panel, std::size_t source) const {
        return panel * sources + source;
    }
    /// From such a panel on.
    SynapseTaps from(std::size_t panel) const {
        const std::size_t first = row(panel, 0), element = at(first, 0, 0);
        return {taps,          sources,          delay + first * panel_width,
                range + first, weight + element, gradient + element};
    }
    SNN_HD std::size_t at(std::size_t row, int tap, int lane) const {
        return (row * static_cast<std::size_t>(taps.count()) + static_cast<std::size_t>(tap)) *
                   panel_width +
               static_cast<std::size_t>(lane);
    }
};

/// Body over rows of 16 synapses: w K(d) of each, and zeros elsewhere in the row's range.
struct BuildTaps {
    SynapseTaps to;
    WeightPanels weights;
    std::size_t targets;

    SNN_HD void operator()(std::size_t row) const {
        const std::size_t panel = row / to.sources, source = row % to.sources;
        const std::size_t left = targets - panel * panel_width;
        const int lanes = left < panel_width ? static_cast<int>(left) : panel_width;
        const float* const delay = to.delay + row * panel_width;
        const float* const weight = weights.at(panel, source, 0);
        TapRange all = to.taps.range(delay[0]);
        for (int l = 1; l < lanes; ++l) {
            const TapRange one = to.taps.range(delay[l]);
            all.first = one.first < all.first ? one.first : all.first;
            all.last = one.last > all.last ? one.last : all.last;
        }
        to.range[row] = all;
        float norm[panel_width] = {};
        for (int d = all.first; d <= all.last; ++d) {
            float* const out = to.weight + to.at(row, d, 0);
            SNN_LANES for (int l = 0; l < panel_width; ++l) {
                out[l] = to.taps.bump(delay[l], d);
                norm[l] = norm[l] + out[l];
            }
        }
        float scale[panel_width];
        for (int l = 0; l < panel_width; ++l) scale[l] = l < lanes ? weight[l] / norm[l] : 0.0f;
        for (int d = all.first; d <= all.last; ++d) {
            float* const out = to.weight + to.at(row, d, 0);
            SNN_LANES for (int l = 0; l < panel_width; ++l) out[l] = out[l] * scale[l];
        }
    }
};

/// Body over (sample, columns), while delays are learned: input[t] (+)= bias + sum over senders and
/// taps. Per column the order is: bias, constant senders, varying senders, each by ascending neuron
/// and step.
template <class Columns>
struct SumDelayed {
    BatchShape shape;
    std::size_t panels;
    Events events;
    WeightPanels weights;
    SynapseTaps of;
    TracePanels input;
    bool accumulate;  // on top of what another projection left

    SNN_HD void operator()(std::size_t i) const {
        const Place p = place_of<Columns>(i, shape.batch, panels);
        float* const out = input.at(shape, p);
        start(p, out);
        const std::uint32_t* const neurons = events.neurons_of(p.sample);
        for (std::uint32_t k = 0; k < events.count[p.sample]; ++k) {
            const std::size_t row = of.row(p.panel, neurons[k]);
            const TapRange range = of.range[row];
            const float* const taps = of.weight + of.at(row, 0, p.lane);
            for_each_sent(events, shape, p.sample, k, [&](std::size_t t, float value) {
                const auto first = static_cast<std::size_t>(range.first),
                           last = static_cast<std::size_t>(range.last);
                const std::size_t end = t + last < shape.steps ? last + 1 : shape.steps - t;
                const Columns sent = broadcast(value, Columns{});
                for (std::size_t d = first; d < end; ++d) {
                    float* const at = out + (t + d) * panel_width;
                    const Columns tap = load_columns(taps + d * panel_width, Columns{});
                    const Columns sum = load_columns(at, Columns{});
                    store_columns(at, fused(sent, tap, sum));
                }
            });
        }
    }

  private:
    SNN_HD void start(const Place& p, float* out) const {
        const Columns base =
            weights.has_bias()
                ? load_columns(weights.at(p.panel, weights.sources, p.lane), Columns{})
                : broadcast(0.0f, Columns{});
        for (std::size_t t = 0; t < shape.steps; ++t, out += panel_width)
            store_columns(out, accumulate ? add(load_columns(out, Columns{}), base) : base);
    }
};

/// Body over (sample, columns), with delays on the grid: each output acts on each target once.
template <class Columns>
struct SumShifted {
    static constexpr int lanes = width_of<Columns>;

    BatchShape shape;
    std::size_t panels;
    Events events;
    WeightPanels weights;
    SynapseTaps of;
    TracePanels input;
    bool accumulate;
    float scale;  // 0; else products are rounded to whole numbers of 1 / scale, as SumRounded does

    SNN_HD void operator()(std::size_t i) const {
        const Place p = place_of<Columns>(i, shape.batch, panels);
        float* const out = input.at(shape, p);
        for (std::size_t t = 0; t < shape.steps; ++t) {
            const float* const bias = weights.at(p.panel, weights.sources, p.lane);
            for (int l = 0; l < lanes; ++l) {
                float& x = out[t * panel_width + static_cast<std::size_t>(l)];
                const float base = accumulate ? x : 0.0f;
                x = weights.has_bias() ? base + bias[l] : base;
            }
        }
        const std::uint32_t* const neurons = events.neurons_of(p.sample);
        for (std::uint32_t k = 0; k < events.count[p.sample]; ++k) {
            const float* const delay =
                of.delay + of.row(p.panel, neurons[k]) * panel_width + p.lane;
            const float* const weight = weights.at(p.panel, neurons[k], p.lane);
            std::size_t steps[lanes];
            for (int l = 0; l < lanes; ++l)
                steps[l] = static_cast<std::size_t>(nearest_step(delay[l]));
            for_each_sent(events, shape, p.sample, k, [&](std::size_t t, float value) {
                for (int l = 0; l < lanes; ++l) {
                    if (t + steps[l] >= shape.steps) continue;
                    float& x = out[(t + steps[l]) * panel_width + static_cast<std::size_t>(l)];
                    x = scale > 0.0f ? x + rounded(value, weight[l]) : fused(value, weight[l], x);
                }
            });
        }
    }

  private:
    SNN_HD float rounded(float value, float weight) const {
        const float units = weight * scale;
        return (value == 1.0f ? units : floorf(units * value + 0.5f)) * (1.0f / scale);
    }
};

/// Body over (block of sources, columns): dL/d(w K(d)) = sum over samples and steps of sent[t] *
/// dL/d(input)[t + d]. One call owns its elements, samples in ascending order.
template <class Columns>
struct TapGradient {
    static constexpr std::size_t block = width_of<Columns> < panel_width ? 1 : 32;  // of sources

    BatchShape shape;
    std::size_t panels;
    Events events;
    TracePanels upper;  // dL/d(input) of the targets
    SynapseTaps of;
    bool goes_on = false;  // from what stands in the gradient

    SNN_HD std::size_t size() const {
        return (of.sources + block - 1) / block * panels * (panel_width / width_of<Columns>);
    }
    SNN_HD void operator()(std::size_t i) const {
        constexpr std::size_t parts = panel_width / width_of<Columns>;
        const std::size_t column = i % (panels * parts), first = i / (panels * parts) * block;
        const std::size_t last = first + block < of.sources ? first + block : of.sources;
        Place p{0, column / parts, static_cast<int>(column % parts) * width_of<Columns>};
        for (std::size_t source = first; source < last && !goes_on; ++source) set_zero(p, source);
        for (; p.sample < shape.batch; ++p.sample) {
            const std::uint32_t constant = events.constant[p.sample];
            add_entries(p, 0, constant, first, last);
            add_entries(p, constant, events.count[p.sample], first, last);
        }
    }

  private:
    SNN_HD void set_zero(const Place& p, std::size_t source) const {
        const std::size_t row = of.row(p.panel, source);
        for (int d = of.range[row].first; d <= of.range[row].last; ++d)
            store_columns(of.gradient + of.at(row, d, p.lane), broadcast(0.0f, Columns{}));
    }
    SNN_HD void add_entries(const Place& p, std::uint32_t from, std::uint32_t to, std::size_t first,
                            std::size_t last) const {
        const std::uint32_t* const neurons = events.neurons_of(p.sample);
        for (std::uint32_t k = lower_bound(neurons, from, to, first); k < to && neurons[k] < last;
             ++k)
            add_entry(p, k, of.row(p.panel, neurons[k]));
    }
    SNN_HD void add_entry(const Place& p, std::uint32_t k, std::size_t row) const {
        const float* const up = upper.at(shape, p);
        float* const sums = of.gradient + of.at(row, 0, p.lane);
        const TapRange range = of.range[row];
        for_each_sent(events, shape, p.sample, k, [&](std::size_t t, float value) {
            const auto first = static_cast<std::size_t>(range.first),
                       last = static_cast<std::size_t>(range.last);
            const std::size_t end = t + last < shape.steps ? last + 1 : shape.steps - t;
            const Columns sent = broadcast(value, Columns{});
            for (std::size_t d = first; d < end; ++d) {
                float* const at = sums + d * panel_width;
                const Columns above = load_columns(up + (t + d) * panel_width, Columns{});
                store_columns(at, fused(sent, above, load_columns(at, Columns{})));
            }
        });
    }
};

/// Body over (panel, source, lane): from dL/d(w K(d)) to dL/dw and dL/d(delay), added to what is
/// there.
struct DelayGradient {
    SynapseTaps of;
    WeightPanels weights, gradient;
    std::size_t targets;
    float* delay_gradient;  // as the delays

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t row = i / panel_width;
        const int lane = static_cast<int>(i % panel_width);
        const std::size_t panel = row / of.sources, source = row % of.sources;
        if (panel * panel_width + static_cast<std::size_t>(lane) >= targets) return;
        const float weight = *weights.at(panel, source, lane);
        const DelayTaps::Gradient g = of.taps.gradient(
            of.delay[i], weight, [&](int d) { return of.gradient[of.at(row, d, lane)]; });
        float* const at = gradient.at(panel, source, lane);
        *at = *at + g.of_weight;
        delay_gradient[i] = delay_gradient[i] + g.of_delay;
    }
};

/// dL/d(input) of the targets along time, so that a vector of steps is read at once:
/// [sample][neuron] [step], with as many zeros behind it as a tap may reach, and a whole vector
/// takes.
struct StepRows {
    float* data;
    std::size_t size;    // neurons
    std::size_t stride;  // floats of a neuron

    static SNN_HD std::size_t stride_for(std::size_t steps, int longest) {
        return panels_of(steps) * panel_width + static_cast<std::size_t>(longest);
    }
    SNN_HD float* at(std::size_t sample, std::size_t neuron) const {
        return data + (sample * size + neuron) * stride;
    }
};

/// Body over (sample, neuron).
struct CopySteps {
    BatchShape shape;
    TracePanels from;
    StepRows to;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / to.size, n = i % to.size;
        const float* const in =
            from.at(shape, {b, n / panel_width, static_cast<int>(n % panel_width)});
        float* const out = to.at(b, n);
        for (std::size_t t = 0; t < shape.steps; ++t) out[t] = in[t * panel_width];
        for (std::size_t t = shape.steps; t < to.stride; ++t) out[t] = 0.0f;
    }
};

/// Neighbours in an array that begin anywhere.
template <class Columns>
SNN_HD inline Columns load_steps(const float* from) {
    if constexpr (width_of<Columns> < panel_width) {
        Columns out;
        for (int l = 0; l < width_of<Columns>; ++l) out.x[l] = from[l];
        return out;
    } else {
        return load_columns(from, Columns{});
    }
}

/// Body over (sample, source, steps): dL/d(sent)[t] (+)= sum over targets j and their taps of w
/// K(d)
/// * dL/d(input)_j[t + d], both ascending. Time follows the taps within reach of each delay. A CPU
/// takes all steps of a source in one call, a GPU four.
template <class Columns>
struct BackDelayed {
    static constexpr std::size_t width = width_of<Columns>;
    static constexpr bool whole = width == panel_width;

    BatchShape shape;
    StepRows upper;
    SynapseTaps of;
    WeightPanels weights;
    TracePanels gradient;  // of the sources
    bool accumulate;

    SNN_HD std::size_t vectors() const { return (shape.steps + width - 1) / width; }
    SNN_HD std::size_t size() const { return shape.batch * of.sources * (whole ? 1 : vectors()); }
    SNN_HD void operator()(std::size_t i) const {
        if constexpr (whole) {
            for_each_tile(vectors(), [&]<int Rows>(std::size_t first) {
                sum_steps<Rows>(i / of.sources, i % of.sources, first * width);
            });
        } else {
            const std::size_t place = i / vectors();
            sum_steps<1>(place / of.sources, place % of.sources, i % vectors() * width);
        }
    }

  private:
    template <int Rows>
    SNN_HD void sum_steps(std::size_t b, std::size_t source, std::size_t first) const {
        Columns sum[Rows];
        for (int r = 0; r < Rows; ++r) sum[r] = broadcast(0.0f, Columns{});
        for (std::size_t j = 0; j < upper.size; ++j) {
            const std::size_t panel = j / panel_width, row = of.row(panel, source);
            const int lane = static_cast<int>(j % panel_width);
            if (*weights.at(panel, source, lane) == 0.0f) continue;
            const TapRange range = of.taps.range(of.delay[row * panel_width + j % panel_width]);
            const float* const up = upper.at(b, j) + first;
            for (int d = range.first; d <= range.last; ++d) {
                const Columns tap = broadcast(of.weight[of.at(row, d, lane)], Columns{});
                for (int r = 0; r < Rows; ++r)
                    sum[r] = fused(
                        tap, load_steps<Columns>(up + d + static_cast<std::size_t>(r) * width),
                        sum[r]);
            }
        }
        float* const out =
            gradient.at(shape, {b, source / panel_width, static_cast<int>(source % panel_width)});
        for (int r = 0; r < Rows; ++r) {
            float steps[width];
            store(steps, sum[r]);
            for (std::size_t l = 0; l < width; ++l) {
                const std::size_t t = first + static_cast<std::size_t>(r) * width + l;
                if (t >= shape.steps) return;
                float& at = out[t * panel_width];
                at = accumulate ? at + steps[l] : steps[l];
            }
        }
    }
    static SNN_HD void store(float (&to)[width], const Columns& from) {
        __builtin_memcpy(to, &from, sizeof(to));
    }
};

/// Body over elements: keeps delays between 0 and the longest.
struct ClampDelays {
    float* delay;
    float longest;

    SNN_HD void operator()(std::size_t i) const {
        const float x = delay[i];
        delay[i] = x > 0.0f ? (x < longest ? x : longest) : 0.0f;
    }
};

}  // namespace snnsim
