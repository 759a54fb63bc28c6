// Pooling: what a window covers of a channel, as one value; no weights.
#pragma once

#include "kernels/training/conv.hpp"
#include "kernels/training/pool_kind.hpp"

namespace snnsim {

/// A pool, and what its sources sent.
struct Pool {
    PoolKind kind = PoolKind::average;
    BatchShape shape;
    SlidingWindow window;
    RawOutput raw;        // of the sources: [sample][place][channel]
    std::size_t lag = 0;  // steps until what is sent acts
    float spike = 1.0f;   // what one counts

    SNN_HD ChannelOrder sources() const { return {window.channels_in, window.places_in()}; }
    SNN_HD ChannelOrder targets() const { return {window.channels_out, window.places_out()}; }
    SNN_HD std::size_t reach() const { return shape.reach(lag); }
    /// An average counts what lies beyond the border as zeros.
    SNN_HD float scale() const {
        const float share =
            kind == PoolKind::average ? 1.0f / static_cast<float>(window.area()) : 1.0f;
        return raw.bits ? spike * share : share;
    }
    SNN_HD const std::uint32_t* bits(std::size_t sample, std::size_t place,
                                     std::size_t channel) const {
        return raw.bits +
               (sample * sources().size() + place * window.channels_in + channel) * shape.words();
    }
    SNN_HD const float* values(std::size_t sample, std::size_t place, std::size_t channel) const {
        return raw.values +
               (sample * sources().size() + place * window.channels_in + channel) * shape.steps;
    }
};

/// Channels [channel, channel + count) of a place: lanes without padding.
template <class Columns>
struct Channels {
    std::size_t place, channel;
    int count;

    SNN_HD Channels(const ChannelOrder& order, const Place& p)
        : place(p.panel / order.panels_of_place()),
          channel(p.panel % order.panels_of_place() * panel_width +
                  static_cast<std::size_t>(p.lane)) {
        const std::size_t left = order.channels > channel ? order.channels - channel : 0;
        count = left < width_of<Columns> ? static_cast<int>(left) : width_of<Columns>;
    }
};

/// Body over (sample, columns of the targets): input[t] (+)= the pool of what was sent at t - lag.
template <class Columns>
struct PoolSum {
    static constexpr int lanes = width_of<Columns>;

    Pool pool;
    TracePanels input;
    bool accumulate;

    SNN_HD Place place(std::size_t i) const {
        return place_in_sample<Columns>(i, pool.targets().panels());
    }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        float* const out = input.at(pool.shape, p);
        if (!accumulate) {
            for (std::size_t t = 0; t < pool.shape.steps; ++t)
                store_columns(out + t * panel_width, broadcast(0.0f, Columns{}));
        }
        const Channels<Columns> own(pool.targets(), p);
        if (pool.raw.bits) {
            for (std::size_t w = 0; 32 * w < pool.reach(); ++w) add_spikes(p.sample, own, w, out);
        } else {
            add_values(p.sample, own, out + pool.lag * panel_width);
        }
    }

  private:
    SNN_HD void add_spikes(std::size_t sample, const Channels<Columns>& own, std::size_t w,
                           float* out) const {
        const std::size_t words = pool.shape.words(), first = 32 * w;
        const std::size_t steps = pool.reach() - first < 32 ? pool.reach() - first : 32;
        std::uint32_t any[lanes] = {};
        float count[32][lanes] = {};
        pool.window.for_each_source(own.place, [&](std::size_t place, std::size_t) {
            const std::uint32_t* bits = pool.bits(sample, place, own.channel) + w;
            std::uint32_t word[lanes] = {};
            for (int l = 0; l < own.count; ++l) word[l] = bits[static_cast<std::size_t>(l) * words];
            if (pool.kind == PoolKind::max) {
                for (int l = 0; l < lanes; ++l) any[l] |= word[l];
                return;
            }
            for (std::size_t t = 0; t < steps; ++t) {
                SNN_LANES for (int l = 0; l < lanes; ++l) count[t][l] +=
                    static_cast<float>((word[l] >> t) & 1u);
            }
        });
        const float scale = pool.scale();
        for (std::size_t t = 0; t < steps; ++t) {
            float* const at = out + (first + t + pool.lag) * panel_width;
            for (int l = 0; l < lanes; ++l) {
                const float value = pool.kind == PoolKind::max
                                        ? static_cast<float>((any[l] >> t) & 1u)
                                        : count[t][l];
                at[l] = fused(value, scale, at[l]);
            }
        }
    }
    SNN_HD void add_values(std::size_t sample, const Channels<Columns>& own, float* out) const {
        const float scale = pool.scale();
        for (int l = 0; l < own.count; ++l) {
            for (std::size_t t = 0; t < pool.reach(); ++t) {
                float all = 0.0f;
                bool begun = false;
                pool.window.for_each_source(own.place, [&](std::size_t place, std::size_t) {
                    const float x =
                        pool.values(sample, place, own.channel + static_cast<std::size_t>(l))[t];
                    if (pool.kind != PoolKind::max)
                        all = all + x;
                    else if (!begun || x > all)
                        all = x;
                    begun = true;
                });
                float* const at = out + t * panel_width + l;
                *at = *at + all * scale;
            }
        }
    }
};

/// Body over (sample, columns of the sources): gradient[t] (+)= what the stops that cover a place
/// pass back from step t + lag. Of a maximum all goes to the first source that has it.
template <class Columns>
struct PoolBack {
    static constexpr int lanes = width_of<Columns>;

    Pool pool;
    TracePanels upper;  // dL/d(input) of the targets
    TracePanels gradient;
    bool accumulate;

    SNN_HD Place place(std::size_t i) const {
        return place_in_sample<Columns>(i, pool.sources().panels());
    }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        float* const out = gradient.at(pool.shape, p);
        if (!accumulate) {
            for (std::size_t t = 0; t < pool.shape.steps; ++t)
                store_columns(out + t * panel_width, broadcast(0.0f, Columns{}));
        }
        const std::size_t per_place = pool.targets().panels_of_place();
        const Channels<Columns> own(pool.sources(), p);
        const float scale = pool.scale();
        pool.window.for_each_target(own.place, [&](std::size_t stop, std::size_t) {
            const float* const up =
                upper.at(pool.shape, {p.sample, stop * per_place + p.panel % per_place, p.lane}) +
                pool.lag * panel_width;
            if (pool.kind == PoolKind::max) {
                if (pool.raw.bits)
                    add_first_spikes(p.sample, own, stop, up, scale, out);
                else
                    add_first_values(p.sample, own, stop, up, out);
                return;
            }
            for (std::size_t t = 0; t < pool.reach(); ++t) {
                const Columns sum = fused(broadcast(scale, Columns{}),
                                          load_columns(up + t * panel_width, Columns{}),
                                          load_columns(out + t * panel_width, Columns{}));
                store_columns(out + t * panel_width, sum);
            }
        });
    }

  private:
    SNN_HD void add_first_spikes(std::size_t sample, const Channels<Columns>& own, std::size_t stop,
                                 const float* up, float scale, float* out) const {
        const std::size_t words = pool.shape.words();
        for (std::size_t w = 0; 32 * w < pool.reach(); ++w) {
            const std::size_t first = 32 * w;
            const std::size_t steps = pool.reach() - first < 32 ? pool.reach() - first : 32;
            std::uint32_t before[lanes] = {}, mine[lanes] = {}, any[lanes] = {};
            bool leads = false, begun = false;
            pool.window.for_each_source(stop, [&](std::size_t place, std::size_t) {
                const std::uint32_t* const bits = pool.bits(sample, place, own.channel) + w;
                std::uint32_t word[lanes] = {};
                for (int l = 0; l < own.count; ++l)
                    word[l] = bits[static_cast<std::size_t>(l) * words];
                if (place == own.place) {
                    SNN_LANES for (int l = 0; l < lanes; ++l) {
                        before[l] = any[l];
                        mine[l] = word[l];
                    }
                    leads = !begun;
                }
                SNN_LANES for (int l = 0; l < lanes; ++l) any[l] |= word[l];
                begun = true;
            });
            std::uint32_t won[lanes];
            SNN_LANES for (int l = 0; l < lanes; ++l) won[l] =
                (mine[l] & ~before[l]) | (leads ? ~any[l] : 0u);
            for (std::size_t t = 0; t < steps; ++t) {
                const float* const from = up + (first + t) * panel_width;
                float* const to = out + (first + t) * panel_width;
                SNN_LANES for (int l = 0; l < lanes; ++l) {
                    const float sum = fused(scale, from[l], to[l]);
                    to[l] = ((won[l] >> t) & 1u) != 0 ? sum : to[l];
                }
            }
        }
    }
    SNN_HD void add_first_values(std::size_t sample, const Channels<Columns>& own, std::size_t stop,
                                 const float* up, float* out) const {
        for (int l = 0; l < own.count; ++l) {
            for (std::size_t t = 0; t < pool.reach(); ++t) {
                float most = 0.0f;
                std::size_t winner = 0;
                bool begun = false;
                pool.window.for_each_source(stop, [&](std::size_t place, std::size_t) {
                    const float x =
                        pool.values(sample, place, own.channel + static_cast<std::size_t>(l))[t];
                    if (begun && !(x > most)) return;
                    most = x;
                    winner = place;
                    begun = true;
                });
                if (winner != own.place) continue;
                const std::size_t at = t * panel_width + static_cast<std::size_t>(l);
                out[at] = out[at] + up[at];
            }
        }
    }
};

}  // namespace snnsim
