// Batch normalisation through time: the input of a channel over the samples of an update, its
// places and the steps (Ioffe & Szegedy 2015; Zheng et al. 2021), forward and backward.
#pragma once

#include <cmath>

#include "kernels/training/conv.hpp"

namespace snnsim {

/// Of each channel, in columns of panels.
struct ChannelNorm {
    float* scale = nullptr;  // learn
    float* shift = nullptr;
    float* mean = nullptr;     // of the update, or running ones
    float* inverse = nullptr;  // 1 / sqrt(variance + eps)
};

/// Adds up something of each row of a trace, by sample and channel.
template <class Columns>
struct ChannelSums {
    static constexpr int lanes = width_of<Columns>;

    BatchShape shape;
    ChannelOrder order;

    SNN_HD std::size_t size() const {
        return place_count<Columns>(shape.batch, order.panels_of_place());
    }
    /// Calls f(row of lanes in trace a, the same in trace b) for all places and steps of call i.
    template <class F>
    SNN_HD Place for_each_row(std::size_t i, const TracePanels& a, const TracePanels& b,
                              F&& f) const {
        const Place channel = place_in_sample<Columns>(i, order.panels_of_place());
        for (std::size_t place = 0; place < order.places; ++place) {
            const Place p{channel.sample, place * order.panels_of_place() + channel.panel,
                          channel.lane};
            const float* x = a.at(shape, p);
            const float* y = b.at(shape, p);
            for (std::size_t t = 0; t < shape.steps; ++t)
                f(x + t * panel_width, y + t * panel_width);
        }
        return channel;
    }
    SNN_HD std::size_t column(const Place& channel) const {
        return channel.panel * panel_width + static_cast<std::size_t>(channel.lane);
    }
    SNN_HD std::size_t columns() const { return order.padded(); }
};

/// Body over (sample, columns of channels): sum of the input, or, with a mean, of its squared
/// difference from it.
template <class Columns>
struct NormSums {
    ChannelSums<Columns> sums;
    TracePanels input;
    const float* mean;  // [column], or null
    double* partial;    // [sample][column]

    SNN_HD std::size_t size() const { return sums.size(); }
    SNN_HD void operator()(std::size_t i) const {
        constexpr int lanes = width_of<Columns>;
        double sum[lanes] = {};
        float middle[lanes] = {};
        const Place channel = place_in_sample<Columns>(i, sums.order.panels_of_place());
        if (mean) {
            for (int l = 0; l < lanes; ++l)
                middle[l] = mean[sums.column(channel) + static_cast<std::size_t>(l)];
        }
        sums.for_each_row(i, input, input, [&](const float* x, const float*) {
            SNN_LANES for (int l = 0; l < lanes; ++l) {
                const double d = static_cast<double>(x[l] - middle[l]);
                sum[l] = sum[l] + (mean ? d * d : d);
            }
        });
        double* const out = partial + channel.sample * sums.columns() + sums.column(channel);
        for (int l = 0; l < lanes; ++l) out[l] = sum[l];
    }
};

/// Body over columns of channels: the mean from sums over samples.
struct NormMean {
    const double* partial;  // [sample][column]
    std::size_t samples, columns;
    double count;  // values of a channel
    float* mean;
    float* running;
    float momentum;

    SNN_HD void operator()(std::size_t c) const {
        double sum = 0.0;
        for (std::size_t b = 0; b < samples; ++b) sum = sum + partial[b * columns + c];
        mean[c] = static_cast<float>(sum / count);
        running[c] = fused(momentum, mean[c] - running[c], running[c]);
    }
};

/// The same: the variance; that of tests is without bias, as PyTorch has it.
struct NormVariance {
    const double* partial;
    std::size_t samples, columns;
    double count;
    float* inverse;
    float* running;
    float momentum;
    double eps;

    SNN_HD void operator()(std::size_t c) const {
        double sum = 0.0;
        for (std::size_t b = 0; b < samples; ++b) sum = sum + partial[b * columns + c];
        inverse[c] = static_cast<float>(1.0 / sqrt(sum / count + eps));
        const auto unbiased = static_cast<float>(sum / (count > 1.0 ? count - 1.0 : 1.0));
        running[c] = fused(momentum, unbiased - running[c], running[c]);
    }
};

/// Body over columns of channels: what a test uses.
struct NormOfTest {
    const float* variance;
    float* inverse;
    double eps;

    SNN_HD void operator()(std::size_t c) const {
        inverse[c] = static_cast<float>(1.0 / sqrt(static_cast<double>(variance[c]) + eps));
    }
};

/// Body over (sample, columns): input -> scale * (input - mean) * inverse + shift.
template <class Columns>
struct Normalise {
    BatchShape shape;
    ChannelOrder order;
    ChannelNorm norm;
    TracePanels input;
    TracePanels normed;  // (input - mean) * inverse, for the way back; or null

    SNN_HD void operator()(std::size_t i) const {
        constexpr int lanes = width_of<Columns>;
        const Place p = place_in_sample<Columns>(i, order.panels());
        const std::size_t c =
            p.panel % order.panels_of_place() * panel_width + static_cast<std::size_t>(p.lane);
        float* const x = input.at(shape, p);
        float* const y = normed.data ? normed.at(shape, p) : nullptr;
        for (std::size_t t = 0; t < shape.steps; ++t) {
            SNN_LANES for (int l = 0; l < lanes; ++l) {
                const std::size_t at = t * panel_width + static_cast<std::size_t>(l);
                const std::size_t n = c + static_cast<std::size_t>(l);
                const float z = (x[at] - norm.mean[n]) * norm.inverse[n];
                if (y) y[at] = z;
                x[at] = fused(norm.scale[n], z, norm.shift[n]);
            }
        }
    }
};

/// Body over (sample, columns of channels): sums of dL/dy, and of it times the normalised input.
template <class Columns>
struct NormGradientSums {
    ChannelSums<Columns> sums;
    TracePanels gradient, normed;
    double* of_shift;  // [sample][column]
    double* of_scale;

    SNN_HD std::size_t size() const { return sums.size(); }
    SNN_HD void operator()(std::size_t i) const {
        constexpr int lanes = width_of<Columns>;
        double shift[lanes] = {}, scale[lanes] = {};
        const Place channel =
            sums.for_each_row(i, gradient, normed, [&](const float* d, const float* z) {
                SNN_LANES for (int l = 0; l < lanes; ++l) {
                    shift[l] = shift[l] + static_cast<double>(d[l]);
                    scale[l] = scale[l] + static_cast<double>(d[l]) * static_cast<double>(z[l]);
                }
            });
        const std::size_t at = channel.sample * sums.columns() + sums.column(channel);
        for (int l = 0; l < lanes; ++l) {
            of_shift[at + static_cast<std::size_t>(l)] = shift[l];
            of_scale[at + static_cast<std::size_t>(l)] = scale[l];
        }
    }
};

/// Body over columns of channels: gradients of scale and shift, and the means that go back.
struct NormGradient {
    const double* of_shift;
    const double* of_scale;
    std::size_t samples, columns;
    double count;
    float* d_scale;
    float* d_shift;
    float* mean_shift;
    float* mean_scale;

    SNN_HD void operator()(std::size_t c) const {
        double shift = 0.0, scale = 0.0;
        for (std::size_t b = 0; b < samples; ++b) {
            shift = shift + of_shift[b * columns + c];
            scale = scale + of_scale[b * columns + c];
        }
        d_shift[c] = d_shift[c] + static_cast<float>(shift);
        d_scale[c] = d_scale[c] + static_cast<float>(scale);
        mean_shift[c] = static_cast<float>(shift / count);
        mean_scale[c] = static_cast<float>(scale / count);
    }
};

/// Body over (sample, columns): dL/dy -> dL/d(input).
template <class Columns>
struct NormaliseBack {
    BatchShape shape;
    ChannelOrder order;
    ChannelNorm norm;
    const float* mean_shift;
    const float* mean_scale;
    TracePanels normed, gradient;

    SNN_HD void operator()(std::size_t i) const {
        constexpr int lanes = width_of<Columns>;
        const Place p = place_in_sample<Columns>(i, order.panels());
        const std::size_t c =
            p.panel % order.panels_of_place() * panel_width + static_cast<std::size_t>(p.lane);
        const float* const z = normed.at(shape, p);
        float* const d = gradient.at(shape, p);
        for (std::size_t t = 0; t < shape.steps; ++t) {
            SNN_LANES for (int l = 0; l < lanes; ++l) {
                const std::size_t at = t * panel_width + static_cast<std::size_t>(l);
                const std::size_t n = c + static_cast<std::size_t>(l);
                const float rest = fused(-z[at], mean_scale[n], d[at] - mean_shift[n]);
                d[at] = norm.scale[n] * norm.inverse[n] * rest;
            }
        }
    }
};

}  // namespace snnsim
