// Convolution: weights that all places of a population share. For any backend; conv_panels.hpp does
// the same sums in the same order, faster on a CPU.
#pragma once

#include "kernels/training/back_data.hpp"
#include "kernels/training/channels.hpp"
#include "kernels/training/window.hpp"

namespace snnsim {

/// Samples whose weight gradients are summed apart before they are added to the whole.
inline constexpr std::size_t samples_of_chunk = 4;

/// Where the i-th call of a body over (sample, columns) works; all places of a sample come before
/// the next one.
template <class Columns>
SNN_HD inline Place place_in_sample(std::size_t i, std::size_t panels) {
    constexpr std::size_t parts = panel_width / width_of<Columns>;
    return {i / (panels * parts), i % (panels * parts) / parts,
            static_cast<int>(i % parts) * width_of<Columns>};
}

/// A projection by a window, and what its sources sent.
struct Convolution {
    BatchShape shape;
    SlidingWindow window;
    RawOutput raw;         // of the sources: [sample][place][channel]
    WeightPanels weights;  // [panel of channels][tap (+ bias)]; tap = offset * channels + channel
    bool constant;         // the sources send values that are the same at every step
    std::size_t lag = 0;   // steps until what is sent acts

    SNN_HD std::size_t panels_of_place() const { return panels_of(window.channels_out); }
    SNN_HD std::size_t panels() const { return window.places_out() * panels_of_place(); }
    SNN_HD std::size_t sources() const { return window.places_in() * window.channels_in; }
    SNN_HD std::size_t reach() const { return shape.reach(lag); }
    SNN_HD const std::uint32_t* bits(std::size_t sample, std::size_t neuron) const {
        return raw.bits + (sample * sources() + neuron) * shape.words();
    }
    SNN_HD const float* values(std::size_t sample, std::size_t neuron) const {
        return raw.values + (sample * sources() + neuron) * shape.steps;
    }
    template <class Columns>
    SNN_HD Columns bias(std::size_t panel, int lane) const {
        return weights.has_bias()
                   ? load_columns(weights.at(panel, weights.sources, lane), Columns{})
                   : broadcast(0.0f, Columns{});
    }
};

/// Body over (sample, columns of the targets): input[t] (+)= bias + sum over the window of what was
/// sent at t - lag, times its weight, by ascending source.
template <class Columns>
struct ConvSum {
    Convolution conv;
    TracePanels input;
    bool accumulate;  // on top of what another projection left

    SNN_HD Place place(std::size_t i) const { return place_in_sample<Columns>(i, conv.panels()); }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        const std::size_t per_place = conv.panels_of_place();
        const std::size_t stop = p.panel / per_place, panel = p.panel % per_place;
        float* out = input.at(conv.shape, p);
        const Columns base = conv.bias<Columns>(panel, p.lane);
        for (std::size_t t = 0; t < conv.shape.steps; ++t) {
            float* at = out + t * panel_width;
            store_columns(at, accumulate ? add(load_columns(at, Columns{}), base) : base);
        }
        out += conv.lag * panel_width;
        if (conv.raw.bits) {
            for (std::size_t w = 0; 32 * w < conv.reach(); ++w) add_spikes(p, stop, panel, w, out);
        } else if (conv.constant) {
            add_constant(p, stop, panel, out);
        } else {
            for_each_tile(conv.reach(), [&]<int Rows>(std::size_t t) {
                add_values<Rows>(p, stop, panel, t, out);
            });
        }
    }

  private:
    template <class F>
    SNN_HD void for_each_tap(const Place& p, std::size_t stop, std::size_t panel, F&& f) const {
        const std::size_t channels = conv.window.channels_in;
        conv.window.for_each_source(stop, [&](std::size_t place, std::size_t offset) {
            const float* row = conv.weights.at(panel, offset * channels, p.lane);
            for (std::size_t c = 0; c < channels; ++c, row += panel_width)
                f(place * channels + c, row);
        });
    }
    SNN_HD void add_spikes(const Place& p, std::size_t stop, std::size_t panel, std::size_t w,
                           float* out) const {
        const std::size_t first = 32 * w;
        const std::size_t steps = conv.reach() - first < 32 ? conv.reach() - first : 32;
        Columns sum[32];
        SNN_UNROLL for (std::size_t t = 0; t < 32; ++t) {
            sum[t] = t < steps ? load_columns(out + (first + t) * panel_width, Columns{})
                               : broadcast(0.0f, Columns{});
        }
        for_each_tap(p, stop, panel, [&](std::size_t neuron, const float* at) {
            const std::uint32_t word = conv.bits(p.sample, neuron)[w];
            if (word == 0) return;
            const Columns row = load_columns(at, Columns{});
            SNN_UNROLL for (int t = 0; t < 32; ++t) {
                if ((word >> t) & 1u) sum[t] = add(sum[t], row);
            }
        });
        SNN_UNROLL for (std::size_t t = 0; t < 32; ++t) {
            if (t < steps) store_columns(out + (first + t) * panel_width, sum[t]);
        }
    }
    SNN_HD void add_constant(const Place& p, std::size_t stop, std::size_t panel,
                             float* out) const {
        Columns alone = broadcast(0.0f, Columns{});
        for_each_tap(p, stop, panel, [&](std::size_t neuron, const float* at) {
            const float value = *conv.values(p.sample, neuron);
            if (value != 0.0f)
                alone = fused(broadcast(value, Columns{}), load_columns(at, Columns{}), alone);
        });
        for (std::size_t t = 0; t < conv.reach(); ++t) {
            float* at = out + t * panel_width;
            store_columns(at, add(load_columns(at, Columns{}), alone));
        }
    }
    template <int Rows>
    SNN_HD void add_values(const Place& p, std::size_t stop, std::size_t panel, std::size_t t,
                           float* out) const {
        float* at = out + t * panel_width;
        Columns sum[Rows];
        for (int r = 0; r < Rows; ++r) sum[r] = load_columns(at + r * panel_width, Columns{});
        for_each_tap(p, stop, panel, [&](std::size_t neuron, const float* weight) {
            const Columns row = load_columns(weight, Columns{});
            const float* value = conv.values(p.sample, neuron) + t;
            for (int r = 0; r < Rows; ++r)
                sum[r] = fused(broadcast(value[r], Columns{}), row, sum[r]);
        });
        for (int r = 0; r < Rows; ++r) store_columns(at + r * panel_width, sum[r]);
    }
};

/// Body over the elements of the transposed weights: [panel of the sources' channels][offset,
/// channel of the targets][panel_width].
struct TransposeWindow {
    SlidingWindow window;
    WeightPanels weights;
    TransposedPanels transposed;  // targets: area * channels_out

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t lane = i % panel_width, row = i / panel_width % transposed.targets;
        const std::size_t source = i / panel_width / transposed.targets * panel_width + lane;
        const std::size_t offset = row / window.channels_out, target = row % window.channels_out;
        transposed.data[i] =
            source < window.channels_in
                ? *weights.at(target / panel_width, offset * window.channels_in + source,
                              static_cast<int>(target % panel_width))
                : 0.0f;
    }
};

/// Body over (sample, columns of the sources): gradient[t] (+)= what the windows that cover a place
/// pass back from step t + lag, by ascending offset and channel.
template <class Columns>
struct ConvBack {
    BatchShape shape;
    SlidingWindow window;
    TracePanels upper;  // dL/d(input) of the targets
    TransposedPanels weights;
    TracePanels gradient;
    bool accumulate;
    std::size_t lag = 0;

    SNN_HD std::size_t panels() const { return window.places_in() * panels_of(window.channels_in); }
    SNN_HD Place place(std::size_t i) const { return place_in_sample<Columns>(i, panels()); }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        const std::size_t reach = shape.reach(lag);
        for_each_tile(reach, [&]<int Rows>(std::size_t t) { sum_rows<Rows>(p, t); });
        if (accumulate) return;
        for (std::size_t t = reach; t < shape.steps; ++t)  // what is sent then arrives nowhere
            store_columns(gradient.at(shape, p) + t * panel_width, broadcast(0.0f, Columns{}));
    }

  private:
    template <int Rows>
    SNN_HD void sum_rows(const Place& p, std::size_t t) const {
        const std::size_t per_place = panels_of(window.channels_in);
        const std::size_t upper_per_place = panels_of(window.channels_out);
        Columns sum[Rows];
        for (int r = 0; r < Rows; ++r) sum[r] = broadcast(0.0f, Columns{});
        window.for_each_target(p.panel / per_place, [&](std::size_t stop, std::size_t offset) {
            const float* row =
                weights.at(p.panel % per_place, offset * window.channels_out, p.lane);
            for (std::size_t n = 0; n < upper_per_place; ++n) {
                const float* values = upper.at(shape, {p.sample, stop * upper_per_place + n, 0}) +
                                      (t + lag) * panel_width;
                const std::size_t left = window.channels_out - n * panel_width;
                const std::size_t count = left < panel_width ? left : panel_width;
                for (std::size_t k = 0; k < count; ++k, row += panel_width) {
                    const Columns w = load_columns(row, Columns{});
                    for (int r = 0; r < Rows; ++r) {
                        sum[r] =
                            fused(broadcast(values[static_cast<std::size_t>(r) * panel_width + k],
                                            Columns{}),
                                  w, sum[r]);
                    }
                }
            }
        });
        float* out = gradient.at(shape, p) + t * panel_width;
        for (int r = 0; r < Rows; ++r, out += panel_width) {
            store_columns(out, accumulate ? add(load_columns(out, Columns{}), sum[r]) : sum[r]);
        }
    }
};

/// Gradients of shared weights: sums over chunks of samples, which are added up afterwards.
struct ConvChunks {
    Convolution conv;
    TracePanels upper;  // dL/d(input) of the targets
    float* partial;     // [chunk], each in the shape of the weights

    SNN_HD std::size_t chunks() const {
        return (conv.shape.batch + samples_of_chunk - 1) / samples_of_chunk;
    }
    SNN_HD std::size_t elements() const {
        return conv.panels_of_place() * conv.weights.rows * panel_width;
    }
    /// The samples of a chunk are [first, last).
    SNN_HD std::size_t first(std::size_t chunk) const { return chunk * samples_of_chunk; }
    SNN_HD std::size_t last(std::size_t chunk) const {
        const std::size_t next = first(chunk + 1);
        return next < conv.shape.batch ? next : conv.shape.batch;
    }
};

/// Body over (chunk of samples, row of weights, columns): partial[chunk][row] = sum over the
/// chunk's samples, places, and steps, in this order, of what was sent times dL/d(input).
template <class Columns>
struct ConvGradient : ConvChunks {
    static constexpr std::size_t parts = panel_width / width_of<Columns>;

    SNN_HD std::size_t size() const {
        return chunks() * conv.weights.rows * conv.panels_of_place() * parts;
    }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t per_place = conv.panels_of_place(), columns = per_place * parts;
        const std::size_t column = i % columns, row = i / columns % conv.weights.rows;
        const std::size_t chunk = i / columns / conv.weights.rows;
        const std::size_t panel = column / parts;
        const int lane = static_cast<int>(column % parts) * width_of<Columns>;
        Columns sum = broadcast(0.0f, Columns{});
        for (std::size_t b = first(chunk); b < last(chunk); ++b) {
            for (std::size_t stop = 0; stop < conv.window.places_out(); ++stop) {
                const float* up = upper.at(conv.shape, {b, stop * per_place + panel, lane});
                if (row == conv.weights.sources) {
                    for (std::size_t t = 0; t < conv.shape.steps; ++t)
                        sum = add(sum, load_columns(up + t * panel_width, Columns{}));
                } else {
                    add_stop(b, stop, row, up + conv.lag * panel_width, sum);
                }
            }
        }
        store_columns(
            partial + chunk * elements() + (panel * conv.weights.rows + row) * panel_width + lane,
            sum);
    }

  private:
    SNN_HD void add_stop(std::size_t b, std::size_t stop, std::size_t row, const float* up,
                         Columns& sum) const {
        const SlidingWindow& w = conv.window;
        const std::size_t offset = row / w.channels_in, channel = row % w.channels_in;
        std::uint32_t y = 0, x = 0;
        if (!w.source(0, static_cast<std::uint32_t>(stop / w.out[1]),
                      static_cast<std::uint32_t>(offset / w.kernel[1]), y) ||
            !w.source(1, static_cast<std::uint32_t>(stop % w.out[1]),
                      static_cast<std::uint32_t>(offset % w.kernel[1]), x))
            return;
        const std::size_t neuron = (std::size_t{y} * w.in[1] + x) * w.channels_in + channel;
        const auto at = [&](std::size_t t) {
            return load_columns(up + t * panel_width, Columns{});
        };
        if (conv.raw.bits) {
            for_each_bit(conv.bits(b, neuron), conv.shape.words(), [&](std::size_t t) {
                if (t < conv.reach()) sum = add(sum, at(t));
            });
        } else if (conv.constant) {
            const float value = *conv.values(b, neuron);
            Columns all = broadcast(0.0f, Columns{});
            for (std::size_t t = 0; t < conv.reach(); ++t) all = add(all, at(t));
            sum = fused(broadcast(value, Columns{}), all, sum);
        } else {
            const float* value = conv.values(b, neuron);
            for (std::size_t t = 0; t < conv.reach(); ++t)
                sum = fused(broadcast(value[t], Columns{}), at(t), sum);
        }
    }
};

/// Body over the elements of a gradient: adds the partial sums of all chunks, in their order.
struct AddPartial {
    const float* partial;
    std::size_t chunks, elements;
    float* gradient;

    SNN_HD void operator()(std::size_t i) const {
        float sum = gradient[i];
        for (std::size_t c = 0; c < chunks; ++c) sum = sum + partial[c * elements + i];
        gradient[i] = sum;
    }
};

}  // namespace snnsim
