// Convolution whose channels fall into groups (depthwise: as many as channels): a target sees the
// sources of its own group alone, so that neighbouring lanes share nothing. One lane at a time.
#pragma once

#include "kernels/training/conv.hpp"
#include "kernels/training/pool.hpp"

namespace snnsim {

/// As ConvSum.
template <class Columns>
struct GroupedSum {
    Convolution conv;
    TracePanels input;
    bool accumulate;

    SNN_HD Place place(std::size_t i) const { return place_in_sample<Columns>(i, conv.panels()); }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        const SlidingWindow& w = conv.window;
        const Channels<Columns> own({w.channels_out, w.places_out()}, p);
        float* const out = input.at(conv.shape, p);
        const std::size_t panel = p.panel % conv.panels_of_place();
        for (std::size_t t = 0; t < conv.shape.steps; ++t) {
            float* const at = out + t * panel_width;
            const Columns base = conv.bias<Columns>(panel, p.lane);
            store_columns(at, accumulate ? add(load_columns(at, Columns{}), base) : base);
        }
        for (int l = 0; l < own.count; ++l) {
            const std::size_t target = own.channel + static_cast<std::size_t>(l);
            const std::size_t group = target / w.channels_out_group();
            w.for_each_source(own.place, [&](std::size_t place, std::size_t offset) {
                for (std::size_t k = 0; k < w.channels_in_group(); ++k) {
                    const std::size_t tap = offset * w.channels_in_group() + k;
                    add_source(p.sample, place * w.channels_in + group * w.channels_in_group() + k,
                               *conv.weights.at(panel, tap, p.lane + l),
                               out + conv.lag * panel_width + l);
                }
            });
        }
    }

  private:
    SNN_HD void add_source(std::size_t sample, std::size_t neuron, float weight, float* out) const {
        if (conv.raw.bits) {
            for_each_bit(conv.bits(sample, neuron), conv.shape.words(), [&](std::size_t t) {
                if (t < conv.reach()) out[t * panel_width] = out[t * panel_width] + weight;
            });
            return;
        }
        const float* const value = conv.values(sample, neuron);
        for (std::size_t t = 0; t < conv.reach(); ++t)
            out[t * panel_width] = fused(value[t], weight, out[t * panel_width]);
    }
};

/// As ConvBack, of weights that are not transposed.
template <class Columns>
struct GroupedBack {
    BatchShape shape;
    SlidingWindow window;
    TracePanels upper;
    WeightPanels weights;
    TracePanels gradient;
    bool accumulate;
    std::size_t lag = 0;

    SNN_HD ChannelOrder sources() const { return {window.channels_in, window.places_in()}; }
    SNN_HD Place place(std::size_t i) const {
        return place_in_sample<Columns>(i, sources().panels());
    }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        float* const out = gradient.at(shape, p);
        if (!accumulate) {
            for (std::size_t t = 0; t < shape.steps; ++t)
                store_columns(out + t * panel_width, broadcast(0.0f, Columns{}));
        }
        const Channels<Columns> own(sources(), p);
        const std::size_t per_place = panels_of(window.channels_out);
        const std::size_t reach = shape.reach(lag);
        const std::size_t targets = window.channels_out_group();
        for (int l = 0; l < own.count; ++l) {
            const std::size_t source = own.channel + static_cast<std::size_t>(l);
            const std::size_t group = source / window.channels_in_group();
            window.for_each_target(own.place, [&](std::size_t stop, std::size_t offset) {
                const std::size_t tap =
                    offset * window.channels_in_group() + source % window.channels_in_group();
                for (std::size_t n = group * targets; n < (group + 1) * targets; ++n) {
                    const std::size_t panel = n / panel_width;
                    const int lane = static_cast<int>(n % panel_width);
                    const float weight = *weights.at(panel, tap, lane);
                    const float* const up =
                        upper.at(shape, {p.sample, stop * per_place + panel, lane}) +
                        lag * panel_width;
                    for (std::size_t t = 0; t < reach; ++t) {
                        float* const at = out + t * panel_width + l;
                        *at = fused(up[t * panel_width], weight, *at);
                    }
                }
            });
        }
    }
};

/// As ConvGradient.
template <class Columns>
struct GroupedGradient {
    static constexpr std::size_t parts = panel_width / width_of<Columns>;

    ConvGradient<Columns> sums;  // of the biases, which are as elsewhere

    SNN_HD std::size_t size() const { return sums.size(); }
    SNN_HD void operator()(std::size_t i) const {
        const Convolution& conv = sums.conv;
        const std::size_t per_place = conv.panels_of_place(), columns = per_place * parts;
        const std::size_t column = i % columns, row = i / columns % conv.weights.rows;
        const std::size_t chunk = i / columns / conv.weights.rows, panel = column / parts;
        if (row == conv.weights.sources) {
            sums(i);
            return;
        }
        const int lane = static_cast<int>(column % parts) * width_of<Columns>;
        const std::size_t first = panel * panel_width + static_cast<std::size_t>(lane);
        float* const out = sums.partial + chunk * sums.elements() +
                           (panel * conv.weights.rows + row) * panel_width + lane;
        for (int l = 0; l < width_of<Columns>; ++l) {
            const std::size_t target = first + static_cast<std::size_t>(l);
            out[l] = target < conv.window.channels_out ? sum_of(chunk, row, target) : 0.0f;
        }
    }

  private:
    SNN_HD float sum_of(std::size_t chunk, std::size_t row, std::size_t target) const {
        const Convolution& conv = sums.conv;
        const SlidingWindow& w = conv.window;
        const std::size_t channel =
            target / w.channels_out_group() * w.channels_in_group() + row % w.channels_in_group();
        float sum = 0.0f;
        for (std::size_t b = sums.first(chunk); b < sums.last(chunk); ++b) {
            for (std::size_t stop = 0; stop < w.places_out(); ++stop) {
                const float* const up =
                    sums.upper.at(conv.shape,
                                  {b, stop * conv.panels_of_place() + target / panel_width,
                                   static_cast<int>(target % panel_width)}) +
                    conv.lag * panel_width;
                w.for_each_source(stop, [&](std::size_t place, std::size_t offset) {
                    if (offset != row / w.channels_in_group()) return;
                    sum = add_source(b, place * w.channels_in + channel, up, sum);
                });
            }
        }
        return sum;
    }
    SNN_HD float add_source(std::size_t sample, std::size_t neuron, const float* up,
                            float sum) const {
        const Convolution& conv = sums.conv;
        if (conv.raw.bits) {
            for_each_bit(conv.bits(sample, neuron), conv.shape.words(), [&](std::size_t t) {
                if (t < conv.reach()) sum = sum + up[t * panel_width];
            });
            return sum;
        }
        const float* const value = conv.values(sample, neuron);
        for (std::size_t t = 0; t < conv.reach(); ++t)
            sum = fused(value[t], up[t * panel_width], sum);
        return sum;
    }
};

}  // namespace snnsim
