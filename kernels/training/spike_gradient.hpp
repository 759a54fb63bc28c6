// The gradient of weights by the spikes of their targets (Wunderlich & Pehle 2021). What the time
// of a spike says of the membrane, c, goes back to the last spike of the cell; with the potential
// p[t] that a weight of 1 would have brought by step t, were there no reset, dL/dw = sum over
// spikes of c p[t]. So the work follows the spikes of the targets, not those of the sources.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cells/cuba_lif.hpp"
#include "kernels/math/bits.hpp"
#include "kernels/training/events.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// Body over (sample, columns of the sources as they are stored): p of each step.
template <class Columns>
struct FollowPotentials {
    static constexpr int lanes = width_of<Columns>;

    BatchShape shape;
    std::size_t panels, sources;
    RawOutput raw;
    std::size_t lag;  // steps until what is sent acts
    float decay_m, decay_s, coupling;
    TracePanels potentials;
    std::uint8_t*
        sent;  // [sample][panel][part]: whether any of the columns did; else p is not written

    SNN_HD void operator()(std::size_t i) const {
        const Place p = place_of<Columns>(i, shape.batch, panels);
        const std::size_t first = p.panel * panel_width + static_cast<std::size_t>(p.lane);
        const bool any = sends(p.sample, first);
        sent[part_of(p, panels)] = any ? 1 : 0;
        if (!any) return;
        float current[lanes] = {}, potential[lanes] = {};
        float* to = potentials.at(shape, p);
        for (std::size_t t = 0; t < shape.steps && t < lag; ++t) step(to, {}, current, potential);
        const std::size_t until = lag < shape.steps ? shape.steps - lag : 0;
        if (raw.values) {
            for (std::size_t t = 0; t < until; ++t)
                step(to, values(p.sample, first, t), current, potential);
            return;
        }
        for (std::size_t w = 0; 32 * w < until; ++w) {
            std::uint32_t word[lanes];
            for (std::size_t l = 0; l < static_cast<std::size_t>(lanes); ++l)
                word[l] = l < count(first)
                              ? raw.bits[(p.sample * sources + first + l) * shape.words() + w]
                              : 0u;
            for (std::size_t t = 32 * w; t < until && t < 32 * (w + 1); ++t) {
                Arriving arriving;
                SNN_LANES for (int l = 0; l < lanes; ++l) {
                    arriving.x[l] = static_cast<float>(static_cast<std::int32_t>(word[l] & 1u));
                    word[l] >>= 1;
                }
                step(to, arriving, current, potential);
            }
        }
    }
    SNN_HD static std::size_t part_of(const Place& p, std::size_t panels) {
        return (p.sample * panels + p.panel) * (panel_width / lanes) +
               static_cast<std::size_t>(p.lane / lanes);
    }

  private:
    struct Arriving {
        float x[lanes] = {};
    };

    SNN_HD std::size_t count(std::size_t first) const {
        const std::size_t left = sources > first ? sources - first : 0;
        return left < static_cast<std::size_t>(lanes) ? left : static_cast<std::size_t>(lanes);
    }
    SNN_HD bool sends(std::size_t sample, std::size_t first) const {
        const std::size_t row = sample * sources + first;
        if (raw.values) {
            for (std::size_t k = 0; k < count(first) * shape.steps; ++k)
                if (raw.values[row * shape.steps + k] != 0.0f) return true;
            return false;
        }
        for (std::size_t k = 0; k < count(first) * shape.words(); ++k)
            if (raw.bits[row * shape.words() + k] != 0) return true;
        return false;
    }
    SNN_HD Arriving values(std::size_t sample, std::size_t first, std::size_t t) const {
        Arriving to;
        const float* const from = raw.values + (sample * sources + first) * shape.steps + t;
        for (std::size_t l = 0; l < count(first); ++l) to.x[l] = from[l * shape.steps];
        return to;
    }
    SNN_HD void step(float*& to, const Arriving& arriving, float (&current)[lanes],
                     float (&potential)[lanes]) const {
        SNN_LANES for (int l = 0; l < lanes; ++l) {
            potential[l] = fused(decay_m, potential[l], coupling * current[l]);
            current[l] = fused(decay_s, current[l], arriving.x[l]);
            to[l] = potential[l];
        }
        to += panel_width;
    }
};

/// Body over (sample, cell): from its last spike to the first what dL/dv jumps by at each, which
/// takes the place of the v that was saved: see CubaLif::back_by_time. All targets are those of one
/// projection without delay. Writes dL/d(bias), too.
struct SpikeAdjoints {
    BatchShape shape;
    std::size_t cells, outputs;
    CubaLif::Constants c;
    const std::uint32_t* bits;
    TracePanels v;
    TracePanels upper;  // dL/d(input) of the targets
    WeightPanels weights;
    const float* decays;    // [step]: of v after so many steps
    const float* constant;  // [step]: p of an input of 1 in every step
    float* bias;            // [sample][cell]

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / cells, cell = i % cells, words = shape.words();
        float* const own =
            v.at(shape, {b, cell / panel_width, static_cast<int>(cell % panel_width)});
        const std::uint32_t* const train = bits + i * words;
        float jump = 0.0f, of_bias = 0.0f;
        std::size_t after = shape.steps;  // when it fired next
        for (std::size_t w = words; w-- > 0;) {
            for (std::uint32_t word = train[w]; word != 0;) {
                const int k = highest_bit(word);
                word ^= 1u << k;
                const std::size_t t = 32 * w + static_cast<std::size_t>(k);
                const float later = after < shape.steps ? jump * decays[after - t] : 0.0f;
                const float now = own[t * panel_width];
                const float before = t > 0 ? own[(t - 1) * panel_width] : 0.0f;
                jump = c.jump(before, now, later, change(b, cell, t));
                own[t * panel_width] = jump - later;
                of_bias = fused(jump - later, constant[t], of_bias);
                after = t;
            }
        }
        bias[i] = of_bias;
    }

  private:
    /// What L changes by where a spike in step t comes a step later.
    SNN_HD float change(std::size_t b, std::size_t cell, std::size_t t) const {
        float part[4] = {};
        for (std::size_t panel = 0; panel * panel_width < outputs; ++panel) {
            const float* const w = weights.at(panel, cell, 0);
            const float* const d = upper.at(shape, {b, panel, 0}) + t * panel_width;
            const bool last = t + 1 == shape.steps;
            for (int k = 0; k < panel_width; k += 4) {
                for (int l = 0; l < 4; ++l) {
                    const float next = last ? 0.0f : d[panel_width + k + l];
                    part[l] = fused(w[k + l], next - d[k + l], part[l]);
                }
            }
        }
        return (part[0] + part[1]) + (part[2] + part[3]);
    }
};

/// Body over cells: gradient of the bias += sum over samples.
struct AddBiases {
    const float* bias;  // [sample][cell]
    std::size_t samples, cells;
    WeightPanels gradient;

    SNN_HD void operator()(std::size_t cell) const {
        float& to = *gradient.at(cell / panel_width, gradient.sources,
                                 static_cast<int>(cell % panel_width));
        float sum = to;
        for (std::size_t b = 0; b < samples; ++b) sum = sum + bias[b * cells + cell];
        to = sum;
    }
};

/// Body over (block of targets, columns of the sources): sums += c p. One call owns its elements
/// and takes samples, and the spikes of a target, in ascending order. A GPU takes a target and a
/// few columns; a CPU takes all columns, lists the spikes of its targets once a sample, and adds to
/// a few panels at once, so that their sums do not wait for each other.
template <class Columns>
struct SpikeGradient {
    static constexpr std::size_t parts = panel_width / width_of<Columns>;
    static constexpr bool whole_panels = parts == 1;
    static constexpr std::size_t block = whole_panels ? 32 : 1;  // targets

    BatchShape shape;
    std::size_t panels;  // of the sources
    std::size_t targets;
    TracePanels potentials;
    const std::uint8_t* sent;   // see FollowPotentials
    const std::uint32_t* bits;  // of the targets
    TracePanels jumps;          // c, where they fired
    float* sums;                // [panel][target][panel_width]

    SNN_HD std::size_t blocks() const { return (targets + block - 1) / block; }
    SNN_HD std::size_t size() const { return blocks() * (whole_panels ? 1 : panels * parts); }
    SNN_HD void operator()(std::size_t i) const {
        if constexpr (whole_panels) {
            add_block(i * block);
        } else {
            const std::size_t column = i % (panels * parts), target = i / (panels * parts);
            const std::size_t panel = column / parts;
            const int lane = static_cast<int>(column % parts) * width_of<Columns>;
            for (std::size_t b = 0; b < shape.batch; ++b) {
                if (!sends(b, panel, lane)) continue;
                Columns sum = broadcast(0.0f, Columns{});
                bool any = false;
                for_each_spike(b, target, [&](std::size_t t, float c) {
                    sum = fused(broadcast(c, Columns{}),
                                load_columns(row(b, panel, lane, t), Columns{}), sum);
                    any = true;
                });
                if (any) add_to(panel, target, lane, sum);
            }
        }
    }

  private:
    SNN_HD bool sends(std::size_t b, std::size_t panel, int lane) const {
        return sent[FollowPotentials<Columns>::part_of({b, panel, lane}, panels)] != 0;
    }
    SNN_HD const float* row(std::size_t b, std::size_t panel, int lane, std::size_t t) const {
        return potentials.at(shape, {b, panel, lane}) + t * panel_width;
    }
    /// Calls f(step, c).
    template <class F>
    SNN_HD void for_each_spike(std::size_t b, std::size_t target, F&& f) const {
        const float* const c =
            jumps.at(shape, {b, target / panel_width, static_cast<int>(target % panel_width)});
        for_each_bit(bits + (b * targets + target) * shape.words(), shape.words(),
                     [&](std::size_t t) { f(t, c[t * panel_width]); });
    }
    SNN_HD void add_to(std::size_t panel, std::size_t target, int lane, const Columns& sum) const {
        float* const to = sums + (panel * targets + target) * panel_width + lane;
        store_columns(to, add(load_columns(to, Columns{}), sum));
    }

    struct Spike {
        std::uint32_t row;  // in floats
        float c;
    };
    void add_block(std::size_t first) const {
        const std::size_t last = first + block < targets ? first + block : targets;
        std::vector<Spike> spikes(block * shape.steps);
        std::vector<std::size_t> active;
        std::size_t begin[block + 1] = {};
        for (std::size_t b = 0; b < shape.batch; ++b) {
            active.clear();
            for (std::size_t panel = 0; panel < panels; ++panel)
                if (sends(b, panel, 0)) active.push_back(panel);
            std::size_t count = 0;
            for (std::size_t target = first; target < last; ++target) {
                begin[target - first] = count;
                for_each_spike(b, target, [&](std::size_t t, float c) {
                    spikes[count++] = {static_cast<std::uint32_t>(t * panel_width), c};
                });
            }
            begin[last - first] = count;
            for (std::size_t k = 0; k < active.size(); k += 4) {
                const std::size_t together = std::min<std::size_t>(4, active.size() - k);
                for (std::size_t target = first; target < last; ++target) {
                    const std::size_t n = target - first;
                    if (begin[n] == begin[n + 1]) continue;
                    add_spikes(b, target, active.data() + k, together, spikes.data() + begin[n],
                               begin[n + 1] - begin[n]);
                }
            }
        }
    }
    template <int Panels = 4>
    void add_spikes(std::size_t b, std::size_t target, const std::size_t* active,
                    std::size_t together, const Spike* spikes, std::size_t count) const {
        if constexpr (Panels > 1) {
            if (together < Panels)
                return add_spikes<Panels - 1>(b, target, active, together, spikes, count);
        }
        const float* potential[Panels];
        Columns sum[Panels];
        for (int k = 0; k < Panels; ++k) {
            potential[k] = row(b, active[k], 0, 0);
            sum[k] = broadcast(0.0f, Columns{});
        }
        for (std::size_t n = 0; n < count; ++n) {
            const Columns c = broadcast(spikes[n].c, Columns{});
            for (int k = 0; k < Panels; ++k)
                sum[k] = fused(c, load_columns(potential[k] + spikes[n].row, Columns{}), sum[k]);
        }
        for (int k = 0; k < Panels; ++k) add_to(active[k], target, 0, sum[k]);
    }
};

/// Body over (source, target): gradient += sums, which are 0 again.
struct AddSpikeSums {
    std::size_t targets;
    float* sums;
    WeightPanels gradient;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t source = i / targets, target = i % targets;
        float& sum =
            sums[(source / panel_width * targets + target) * panel_width + source % panel_width];
        float& to =
            *gradient.at(target / panel_width, source, static_cast<int>(target % panel_width));
        to = to + sum;
        sum = 0.0f;
    }
};

}  // namespace snnsim
