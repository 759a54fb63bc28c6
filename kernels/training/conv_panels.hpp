// Convolution of spikes for CPUs, several times as fast as ConvSum and ConvGradient, which remain
// its reference: a sample's spikes are listed once, and every window reads its part of the lists.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/training/conv.hpp"
#include "kernels/training/single_step.hpp"

namespace snnsim {

/// The spikes of a sample: of each step, the neurons in ascending order.
class StepLists {
  public:
    void fill(const Convolution& conv, std::size_t sample) {
        const std::size_t channels = conv.window.channels_in, places = conv.window.places_in();
        steps_ = conv.reach();
        size_ = places * channels;
        places_ = places;
        neuron_.resize(steps_ * (size_ + 1));
        first_.resize(steps_ * (places + 1));
        count_.assign(steps_, 0);
        const std::size_t words = conv.shape.words();
        for (std::size_t place = 0; place < places; ++place) {
            for (std::size_t t = 0; t < steps_; ++t) first_[t * (places + 1) + place] = count_[t];
            const std::uint32_t* bits = conv.bits(sample, place * channels);
            for (std::size_t c = 0; c < channels; ++c, bits += words)
                list(bits, words, static_cast<std::uint32_t>(place * channels + c));
        }
        for (std::size_t t = 0; t < steps_; ++t) first_[t * (places + 1) + places] = count_[t];
    }
    /// Of step t those at `place` and after it.
    const std::uint32_t* at(std::size_t t, std::size_t place) const {
        return neuron_.data() + t * (size_ + 1) + first_[t * (places_ + 1) + place];
    }

    /// Share of all steps of all neurons.
    double density() const {
        const double all = std::accumulate(count_.begin(), count_.end(), 0.0);
        return all / std::max(1.0, static_cast<double>(steps_ * size_));
    }

  private:
    void list(const std::uint32_t* bits, std::size_t words, std::uint32_t neuron) {
        for_each_bit(bits, words, [&](std::size_t t) {
            if (t < steps_) neuron_[t * (size_ + 1) + count_[t]++] = neuron;
        });
    }

    std::vector<std::uint32_t> neuron_, first_, count_;
    std::size_t steps_ = 0, size_ = 0, places_ = 0;
};

/// Body over samples: as ConvSum of spikes, and at each place `after` it what its neurons do.
template <class Columns, class After>
struct ConvSpikes {
    // Spikes of a neuron and step from which on a loop over all steps is faster, with the same
    // bits: measured on an AVX2 machine with 32 channels, 3 x 3, and 10 steps.
    static constexpr double many = 0.35;

    Convolution conv;
    TracePanels input;
    bool accumulate;
    After after;  // takes a Place

    std::size_t size() const { return conv.shape.batch; }
    void operator()(std::size_t sample) const {
        thread_local StepLists lists;
        lists.fill(conv, sample);
        if (lists.density() >= many) {
            sum_values(sample);
            return;
        }
        const std::size_t per_place = conv.panels_of_place();
        for (std::size_t stop = 0; stop < conv.window.places_out(); ++stop) {
            for (std::size_t first = 0; first < per_place; first += panels_at_once) {
                with_panels(per_place - first,
                            [&]<int Panels>() { sum_place<Panels>(lists, sample, stop, first); });
            }
            for (std::size_t panel = 0; panel < per_place; ++panel)
                after(Place{sample, stop * per_place + panel, 0});
        }
    }

  private:
    /// The same with its spikes as values.
    void sum_values(std::size_t sample) const {
        thread_local std::vector<float> values;
        values.assign(conv.sources() * conv.shape.steps, 0.0f);
        for (std::size_t n = 0; n < conv.sources(); ++n) {
            float* const at = values.data() + n * conv.shape.steps;
            for_each_bit(conv.bits(sample, n), conv.shape.words(),
                         [&](std::size_t t) { at[t] = 1.0f; });
        }
        ConvSum<Columns> sum{
            conv, {input.data + sample * conv.shape.steps * panel_width}, accumulate};
        sum.conv.raw = {nullptr, values.data()};
        for (std::size_t panel = 0; panel < conv.panels(); ++panel) {
            sum(Place{0, panel, 0});
            after(Place{sample, panel, 0});
        }
    }

    /// A row of the window: neighbouring places of the sources, and where its weights begin.
    struct Span {
        std::size_t from, to;
        std::ptrdiff_t offset;  // from a neuron to its row of weights
    };

    template <int Panels>
    void sum_place(const StepLists& lists, std::size_t sample, std::size_t stop,
                   std::size_t first) const {
        thread_local std::vector<Span> spans;
        find_spans(stop, spans);
        const float* const weights = conv.weights.at(first, 0, 0);
        float* out[Panels];
        Columns bias[Panels];
        for (int p = 0; p < Panels; ++p) {
            const std::size_t panel = first + static_cast<std::size_t>(p);
            out[p] = input.at(conv.shape, {sample, stop * conv.panels_of_place() + panel, 0});
            bias[p] = conv.bias<Columns>(panel, 0);
        }
        for (std::size_t t = 0; t < conv.shape.steps; ++t) {
            Columns sum[Panels];
            for (int p = 0; p < Panels; ++p) {
                sum[p] = accumulate
                             ? add(load_columns(out[p] + t * panel_width, Columns{}), bias[p])
                             : bias[p];
            }
            if (t >= conv.lag) {
                for (const Span& span : spans)
                    add_span<Panels>(lists, t - conv.lag, span, weights, sum);
            }
            for (int p = 0; p < Panels; ++p) store_columns(out[p] + t * panel_width, sum[p]);
        }
    }
    template <int Panels>
    void add_span(const StepLists& lists, std::size_t t, const Span& span, const float* weights,
                  Columns (&sum)[Panels]) const {
        const std::size_t panel_stride = conv.weights.rows * panel_width;
        const std::uint32_t* const last = lists.at(t, span.to);
        for (const std::uint32_t* at = lists.at(t, span.from); at < last; ++at) {
            const float* row =
                weights + (static_cast<std::ptrdiff_t>(*at) + span.offset) * panel_width;
            for (int p = 0; p < Panels; ++p, row += panel_stride)
                sum[p] = add(sum[p], load_columns(row, Columns{}));
        }
    }
    void find_spans(std::size_t stop, std::vector<Span>& spans) const {
        spans.clear();
        const auto channels = static_cast<std::ptrdiff_t>(conv.window.channels_in);
        conv.window.for_each_source(stop, [&](std::size_t place, std::size_t offset) {
            const std::ptrdiff_t rows =
                (static_cast<std::ptrdiff_t>(offset) - static_cast<std::ptrdiff_t>(place)) *
                channels;
            if (!spans.empty() && spans.back().to == place && spans.back().offset == rows) {
                ++spans.back().to;
            } else {
                spans.push_back({place, place + 1, rows});
            }
        });
    }
};

/// The spikes in a row of places, by channel: column of the place and step, in this order.
class ChannelLists {
  public:
    struct Spike {
        std::uint32_t column, t;
    };

    void fill(const Convolution& conv, std::size_t sample) {
        const std::size_t channels = conv.window.channels_in, columns = conv.window.in[1];
        const std::size_t words = conv.shape.words(), steps = conv.reach();
        room_ = columns * steps;
        channels_ = channels;
        const std::size_t lists = conv.window.in[0] * channels;
        spike_.resize(lists * room_);
        count_.assign(lists, 0);
        const std::uint32_t* bits = conv.bits(sample, 0);
        for (std::size_t y = 0; y < conv.window.in[0]; ++y) {
            for (std::size_t x = 0; x < columns; ++x) {
                for (std::size_t c = 0; c < channels; ++c, bits += words) {
                    const std::size_t k = y * channels + c;
                    for_each_bit(bits, words, [&](std::size_t t) {
                        if (t < steps)
                            spike_[k * room_ + count_[k]++] = {static_cast<std::uint32_t>(x),
                                                               static_cast<std::uint32_t>(t)};
                    });
                }
            }
        }
    }
    const Spike* begin(std::size_t row, std::size_t channel) const {
        return spike_.data() + (row * channels_ + channel) * room_;
    }
    const Spike* end(std::size_t row, std::size_t channel) const {
        return begin(row, channel) + count_[row * channels_ + channel];
    }

  private:
    std::vector<Spike> spike_;
    std::vector<std::uint32_t> count_;
    std::size_t room_ = 0, channels_ = 0;
};

/// Body over chunks of samples: as ConvGradient of spikes.
template <class Columns>
struct ConvSpikesGradient : ConvChunks {
    std::size_t size() const { return chunks(); }
    void operator()(std::size_t chunk) const {
        float* const own = partial + chunk * elements();
        std::fill(own, own + elements(), 0.0f);
        thread_local ChannelLists lists;
        for (std::size_t b = first(chunk); b < last(chunk); ++b) {
            lists.fill(conv, b);
            for (std::size_t panel = 0; panel < conv.panels_of_place(); panel += panels_at_once) {
                with_panels(conv.panels_of_place() - panel, [&]<int Panels>() {
                    for (std::uint32_t row = 0; row < conv.window.out[0]; ++row)
                        add_row<Panels>(lists, b, row, panel, own);
                });
            }
        }
    }

  private:
    template <int Panels>
    struct Sums {
        float* at[Panels];
        Columns sum[Panels];

        void load(float* own, std::size_t panel, std::size_t rows, std::size_t row) {
            for (int p = 0; p < Panels; ++p) {
                at[p] = own + ((panel + static_cast<std::size_t>(p)) * rows + row) * panel_width;
                sum[p] = load_columns(at[p], Columns{});
            }
        }
        void store() const {
            for (int p = 0; p < Panels; ++p) store_columns(at[p], sum[p]);
        }
        void add_step(const float* up, std::size_t panel_stride) {
            for (int p = 0; p < Panels; ++p)
                sum[p] = add(sum[p], load_columns(up + static_cast<std::size_t>(p) * panel_stride,
                                                  Columns{}));
        }
    };

    /// What a row of stops adds.
    template <int Panels>
    void add_row(const ChannelLists& lists, std::size_t b, std::uint32_t row, std::size_t panel,
                 float* own) const {
        const SlidingWindow& w = conv.window;
        const std::size_t per_place = conv.panels_of_place();
        const float* up =
            upper.at(conv.shape, {b, std::size_t{row} * w.out[1] * per_place + panel, 0});
        const std::size_t panel_stride = conv.shape.rows() * panel_width;
        const std::size_t stop_stride = per_place * panel_stride;
        Sums<Panels> sums;
        if (conv.weights.has_bias()) {
            sums.load(own, panel, conv.weights.rows, conv.weights.sources);
            for (std::uint32_t x = 0; x < w.out[1]; ++x) {
                for (std::size_t t = 0; t < conv.shape.steps; ++t)
                    sums.add_step(up + x * stop_stride + t * panel_width, panel_stride);
            }
            sums.store();
        }
        for (std::uint32_t ky = 0; ky < w.kernel[0]; ++ky) {
            std::uint32_t y = 0;
            if (!w.source(0, row, ky, y)) continue;
            for (std::uint32_t kx = 0; kx < w.kernel[1]; ++kx) {
                for (std::uint32_t c = 0; c < w.channels_in; ++c) {
                    const auto *at = lists.begin(y, c), *last = lists.end(y, c);
                    if (at == last) continue;
                    sums.load(own, panel, conv.weights.rows,
                              (std::size_t{ky} * w.kernel[1] + kx) * w.channels_in + c);
                    if (w.stride[1] == 1) {
                        // Stops [0, out) cover columns [from, from + out).
                        const std::ptrdiff_t from =
                            std::ptrdiff_t{kx} * w.dilation[1] - std::ptrdiff_t{w.padding[1]};
                        const std::ptrdiff_t to = from + w.out[1];
                        while (at != last && std::ptrdiff_t{at->column} < from) ++at;
                        while (at != last && std::ptrdiff_t{last[-1].column} >= to) --last;
                        const float* base = up - from * static_cast<std::ptrdiff_t>(stop_stride) +
                                            conv.lag * panel_width;
                        for (; at != last; ++at)
                            sums.add_step(base + at->column * stop_stride + at->t * panel_width,
                                          panel_stride);
                    } else {
                        std::uint32_t stop = 0;
                        for (; at != last; ++at) {
                            if (!w.target(1, at->column, kx, stop)) continue;
                            sums.add_step(
                                up + stop * stop_stride + (at->t + conv.lag) * panel_width,
                                panel_stride);
                        }
                    }
                    sums.store();
                }
            }
        }
    }
};

/// Body over chunks of samples: as ConvGradient of values, the rows of some channels in registers.
template <class Columns>
struct ConvValuesGradient : ConvChunks {
    std::size_t size() const { return chunks(); }
    void operator()(std::size_t chunk) const {
        float* const own = partial + chunk * elements();
        std::fill(own, own + elements(), 0.0f);
        for (std::size_t b = first(chunk); b < last(chunk); ++b) {
            for (std::size_t panel = 0; panel < conv.panels_of_place(); ++panel) {
                for (std::uint32_t row = 0; row < conv.window.out[0]; ++row)
                    add_row(b, row, panel, own);
            }
        }
    }

  private:
    /// dL/d(input) of a row of stops: [stop][step], or, of constant values, its sum over the steps.
    const float* row_of(std::size_t b, std::uint32_t row, std::size_t panel) const {
        thread_local std::vector<float> rows;
        const std::uint32_t stops = conv.window.out[1];
        const std::size_t steps = conv.constant ? 1 : conv.reach();
        rows.resize(stops * steps * panel_width);
        for (std::uint32_t x = 0; x < stops; ++x) {
            const std::size_t stop = std::size_t{row} * stops + x;
            const float* up = upper.at(conv.shape, {b, stop * conv.panels_of_place() + panel, 0}) +
                              conv.lag * panel_width;
            float* const out = rows.data() + x * steps * panel_width;
            if (!conv.constant) {
                std::copy(up, up + steps * panel_width, out);
                continue;
            }
            Columns all = broadcast(0.0f, Columns{});
            for (std::size_t t = 0; t < conv.reach(); ++t)
                all = add(all, load_columns(up + t * panel_width, Columns{}));
            store_columns(out, all);
        }
        return rows.data();
    }

    void add_row(std::size_t b, std::uint32_t row, std::size_t panel, float* own) const {
        const SlidingWindow& w = conv.window;
        float* const weights = own + panel * conv.weights.rows * panel_width;
        if (conv.weights.has_bias()) {
            float* const at = weights + conv.weights.sources * panel_width;
            Columns sum = load_columns(at, Columns{});
            for (std::uint32_t x = 0; x < w.out[1]; ++x) {
                const std::size_t stop = std::size_t{row} * w.out[1] + x;
                const float* up =
                    upper.at(conv.shape, {b, stop * conv.panels_of_place() + panel, 0});
                for (std::size_t t = 0; t < conv.shape.steps; ++t)
                    sum = add(sum, load_columns(up + t * panel_width, Columns{}));
            }
            store_columns(at, sum);
        }
        if (conv.reach() == 0) return;
        const float* const up = row_of(b, row, panel);
        for (std::uint32_t ky = 0; ky < w.kernel[0]; ++ky) {
            std::uint32_t y = 0;
            if (!w.source(0, row, ky, y)) continue;
            for (std::uint32_t kx = 0; kx < w.kernel[1]; ++kx) {
                float* const taps =
                    weights + (std::size_t{ky} * w.kernel[1] + kx) * w.channels_in * panel_width;
                for_each_tile(w.channels_in, [&]<int Rows>(std::size_t c) {
                    add_channels<Rows>(b, y, kx, c, up, taps + c * panel_width);
                });
            }
        }
    }
    template <int Rows>
    void add_channels(std::size_t b, std::uint32_t y, std::uint32_t kx, std::size_t channel,
                      const float* up, float* out) const {
        const SlidingWindow& w = conv.window;
        const std::size_t steps = conv.constant ? 1 : conv.reach();
        Columns sum[Rows];
        for (int r = 0; r < Rows; ++r) sum[r] = load_columns(out + r * panel_width, Columns{});
        for (std::uint32_t stop = 0; stop < w.out[1]; ++stop) {
            std::uint32_t x = 0;
            if (!w.source(1, stop, kx, x)) continue;
            const float* const values =
                conv.values(b, (std::size_t{y} * w.in[1] + x) * w.channels_in + channel);
            const float* const rows = up + stop * steps * panel_width;
            for (std::size_t t = 0; t < steps; ++t) {
                const Columns d = load_columns(rows + t * panel_width, Columns{});
                for (int r = 0; r < Rows; ++r) {
                    const float value = values[static_cast<std::size_t>(r) * conv.shape.steps + t];
                    sum[r] = fused(broadcast(value, Columns{}), d, sum[r]);
                }
            }
        }
        for (int r = 0; r < Rows; ++r) store_columns(out + r * panel_width, sum[r]);
    }
};

}  // namespace snnsim
