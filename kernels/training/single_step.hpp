// Sums of layers that are shown values in a single step, as in ordinary artificial networks: for
// CPUs, several times as fast as SumInputs and WeightGradient, which remain their reference.
#pragma once

#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

inline constexpr std::size_t panels_at_once = 4;  // eight sums of eight columns in registers

/// Calls f.template operator()<panels>() for 1 to panels_at_once panels.
template <class F>
SNN_HD inline void with_panels(std::size_t panels, F&& f) {
    switch (panels) {
        case 1:
            f.template operator()<1>();
            break;
        case 2:
            f.template operator()<2>();
            break;
        case 3:
            f.template operator()<3>();
            break;
        default:
            f.template operator()<4>();
    }
}

/// Body over (group of panels, sample): as SumInputs, with the same order of operations.
template <class Columns>
struct SumValues {
    BatchShape shape;
    std::size_t panels;
    Events events;
    WeightPanels weights;
    TracePanels input;
    bool accumulate;

    SNN_HD std::size_t size() const {
        return (panels + panels_at_once - 1) / panels_at_once * shape.batch;
    }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t sample = i % shape.batch, first = i / shape.batch * panels_at_once;
        with_panels(panels - first, [&]<int Panels>() { sum<Panels>(sample, first); });
    }

  private:
    template <int Panels>
    SNN_HD void sum(std::size_t sample, std::size_t first) const {
        const std::uint32_t* neuron = events.neurons_of(sample);
        const float* value = events.values_of(sample, 0, 1);
        const float* rows[Panels];
        Columns sum[Panels];
        for (int p = 0; p < Panels; ++p) {
            rows[p] = weights.at(first + static_cast<std::size_t>(p), 0, 0);
            sum[p] = weights.has_bias()
                         ? load_columns(rows[p] + weights.sources * panel_width, Columns{})
                         : broadcast(0.0f, Columns{});
        }
        for (std::uint32_t k = 0; k < events.constant[sample]; ++k) {
            const Columns x = broadcast(value[k], Columns{});
            const std::size_t at = static_cast<std::size_t>(neuron[k]) * panel_width;
            for (int p = 0; p < Panels; ++p)
                sum[p] = fused(x, load_columns(rows[p] + at, Columns{}), sum[p]);
        }
        for (int p = 0; p < Panels; ++p) {
            float* out = input.at(shape, {sample, first + static_cast<std::size_t>(p), 0});
            store_columns(out, accumulate ? add(load_columns(out, Columns{}), sum[p]) : sum[p]);
        }
    }
};

/// Body over groups of 16 weight rows, the last one for the bias: as WeightGradient, for samples
/// [from, to). The samples in which a row's neuron sent something are listed first, so that a row's
/// sums stay in registers. `block` samples a call keep the gradients that all rows read in L2.
template <class Columns>
struct ValueGradient {
    static constexpr std::size_t rows_at_once = 16;     // of a cache line of values
    static constexpr std::size_t samples_at_once = 64;  // their gradients stay in L1
    static constexpr std::size_t block = 512;

    BatchShape shape;
    std::size_t panels;
    const float* values;  // [sample][source]
    TracePanels upper;    // dL/d(input) of the targets
    WeightPanels gradient;
    std::size_t from, to;

    SNN_HD std::size_t size() const { return row_groups() + (gradient.has_bias() ? 1 : 0); }
    SNN_HD void operator()(std::size_t i) const {
        if (i == row_groups()) {
            add_bias();
            return;
        }
        const std::size_t first = i * rows_at_once, left = gradient.sources - first;
        const std::size_t rows = left < rows_at_once ? left : rows_at_once;
        Lists lists;
        for (std::size_t b = from; b < to; b += samples_at_once) {
            const std::size_t more = to - b;
            lists.fill(values + b * gradient.sources + first, gradient.sources, rows,
                       more < samples_at_once ? more : samples_at_once);
            for (std::size_t panel = 0; panel < panels; panel += panels_at_once) {
                with_panels(panels - panel, [&]<int Panels>() {
                    for (std::size_t r = 0; r < rows; ++r)
                        add_row<Panels>(lists, r, first + r, b, panel);
                });
            }
        }
    }

  private:
    struct Lists {
        std::size_t count[rows_at_once];
        std::uint32_t sample[rows_at_once][samples_at_once];
        float value[rows_at_once][samples_at_once];

        /// Every entry is written, and the next one over it unless it counts: no branches.
        SNN_HD void fill(const float* from, std::size_t stride, std::size_t rows,
                         std::size_t samples) {
            for (std::size_t r = 0; r < rows; ++r) count[r] = 0;
            for (std::size_t b = 0; b < samples; ++b, from += stride) {
                for (std::size_t r = 0; r < rows; ++r) {
                    sample[r][count[r]] = static_cast<std::uint32_t>(b);
                    value[r][count[r]] = from[r];
                    count[r] += from[r] != 0.0f ? 1 : 0;
                }
            }
        }
    };

    SNN_HD std::size_t row_groups() const {
        return (gradient.sources + rows_at_once - 1) / rows_at_once;
    }

    template <int Panels>
    SNN_HD void add_row(const Lists& lists, std::size_t r, std::size_t row, std::size_t first,
                        std::size_t panel) const {
        const float* up[Panels];
        Columns sum[Panels];
        for (int p = 0; p < Panels; ++p) {
            const std::size_t at = panel + static_cast<std::size_t>(p);
            up[p] = upper.at(shape, {first, at, 0});
            sum[p] = load_columns(gradient.at(at, row, 0), Columns{});
        }
        const std::size_t count = lists.count[r];
        for (std::size_t k = 0; k < count; ++k) {
            const Columns x = broadcast(lists.value[r][k], Columns{});
            const std::size_t at = static_cast<std::size_t>(lists.sample[r][k]) * panel_width;
            for (int p = 0; p < Panels; ++p)
                sum[p] = fused(x, load_columns(up[p] + at, Columns{}), sum[p]);
        }
        for (int p = 0; p < Panels; ++p)
            store_columns(gradient.at(panel + static_cast<std::size_t>(p), row, 0), sum[p]);
    }

    SNN_HD void add_bias() const {
        for (std::size_t panel = 0; panel < panels; ++panel) {
            float* at = gradient.at(panel, gradient.sources, 0);
            Columns sum = load_columns(at, Columns{});
            const float* up = upper.at(shape, {0, panel, 0});
            for (std::size_t b = from; b < to; ++b)
                sum = add(sum, load_columns(up + b * panel_width, Columns{}));
            store_columns(at, sum);
        }
    }
};

/// Body over (group of panels, sample): as BackData.
template <class Columns, class Transposed>
struct BackValues {
    BatchShape shape;
    std::size_t panels;
    TracePanels upper;
    Transposed weights;
    TracePanels gradient;
    bool accumulate;

    SNN_HD std::size_t size() const {
        return (panels + panels_at_once - 1) / panels_at_once * shape.batch;
    }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t sample = i % shape.batch, first = i / shape.batch * panels_at_once;
        with_panels(panels - first, [&]<int Panels>() { sum<Panels>(sample, first); });
    }

  private:
    template <int Panels>
    SNN_HD void sum(std::size_t sample, std::size_t first) const {
        const float* rows[Panels];
        Columns sum[Panels];
        for (int p = 0; p < Panels; ++p) {
            rows[p] = weights.at(first + static_cast<std::size_t>(p), 0, 0);
            sum[p] = broadcast(0.0f, Columns{});
        }
        for (std::size_t k = 0; k < weights.targets; ++k) {
            const float value =
                *upper.at(shape, {sample, k / panel_width, static_cast<int>(k % panel_width)});
            const Columns x = broadcast(value, Columns{});
            for (int p = 0; p < Panels; ++p)
                sum[p] = fused(x, load_columns(rows[p] + k * panel_width, Columns{}), sum[p]);
        }
        for (int p = 0; p < Panels; ++p) {
            float* out = gradient.at(shape, {sample, first + static_cast<std::size_t>(p), 0});
            store_columns(out, accumulate ? add(load_columns(out, Columns{}), sum[p]) : sum[p]);
        }
    }
};

}  // namespace snnsim
