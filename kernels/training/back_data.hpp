// The gradient that a layer passes down: dL/d(output of the sources) from dL/d(input of the
// targets).
#pragma once

#include "kernels/training/channels.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// A projection's weights with sources as columns: [panel of sources][target][panel_width].
struct TransposedPanels {
    float* data = nullptr;
    std::size_t targets = 0;

    SNN_HD float* at(std::size_t panel, std::size_t target, int lane) const {
        return data + (panel * targets + target) * panel_width + lane;
    }
};

/// Body over the elements of the transposed weights.
struct Transpose {
    WeightPanels weights;
    TransposedPanels transposed;
    ChannelOrder sources;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t lane = i % panel_width, row = i / panel_width;
        const std::size_t target = row % transposed.targets;
        const std::size_t column = row / transposed.targets * panel_width + lane;
        const std::size_t source = sources.plain() ? column : sources.stored_of_column(column);
        transposed.data[i] =
            source < weights.sources
                ? *weights.at(target / panel_width, source, static_cast<int>(target % panel_width))
                : 0.0f;
    }
};

/// Body over (sample, columns of the sources): gradient[t] (+)= sum over targets k of
/// upper[t + lag][k] * weight[k].
template <class Columns>
struct BackData {
    BatchShape shape;
    std::size_t panels;
    TracePanels upper;  // dL/d(input) of the targets
    TransposedPanels weights;
    TracePanels gradient;
    bool accumulate;
    std::size_t lag = 0;  // steps from the sources to the targets

    SNN_HD Place place(std::size_t i) const { return place_of<Columns>(i, shape.batch, panels); }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        const std::size_t reach = shape.reach(lag);
        for_each_tile(reach, [&]<int Rows>(std::size_t t) { sum_rows<Rows>(p, t); });
        if (accumulate) return;
        for (std::size_t t = reach; t < shape.steps; ++t) {  // what is sent then arrives nowhere
            store_columns(gradient.at(shape, p) + t * panel_width, broadcast(0.0f, Columns{}));
        }
    }

    template <int Rows>
    SNN_HD void sum_rows(const Place& p, std::size_t t) const {
        Columns sum[Rows];
        for (int r = 0; r < Rows; ++r) sum[r] = broadcast(0.0f, Columns{});
        add_rows<Rows>(p, t + lag, sum);
        float* out = gradient.at(shape, p) + t * panel_width;
        for (int r = 0; r < Rows; ++r, out += panel_width) {
            store_columns(out, accumulate ? add(load_columns(out, Columns{}), sum[r]) : sum[r]);
        }
    }

    /// Adds what the targets' steps from t on pass back; or, with another stride, what they do in
    /// step t of neighbouring samples.
    template <int Rows>
    SNN_HD void add_rows(const Place& p, std::size_t t, Columns (&sum)[Rows],
                         std::size_t stride = panel_width) const {
        for (std::size_t first = 0; first < weights.targets; first += panel_width) {
            const float* values =
                upper.at(shape, {p.sample, first / panel_width, 0}) + t * panel_width;
            const float* row = weights.at(p.panel, first, p.lane);
            const std::size_t left = weights.targets - first;
            const std::size_t count = left < panel_width ? left : panel_width;
            for (std::size_t k = 0; k < count; ++k, row += panel_width) {
                const Columns w = load_columns(row, Columns{});
                for (int r = 0; r < Rows; ++r) {
                    sum[r] = fused(
                        broadcast(values[static_cast<std::size_t>(r) * stride + k], Columns{}), w,
                        sum[r]);
                }
            }
        }
    }
};

}  // namespace snnsim
