// The gradient of weights by the spikes of their targets (Wunderlich & Pehle 2021). What the time
// of a spike says of the membrane, c, goes back to the last spike of the cell; with the potential
// p[t] that a weight of 1 would have brought by step t, were there no reset, dL/dw = sum over
// spikes of c p[t], from the last to the first. So the work follows the spikes of the targets, not
// those of the sources.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cells/cuba_lif.hpp"
#include "kernels/math/bits.hpp"
#include "kernels/training/events.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// Calls f(t) for each set bit, descending.
template <class F>
SNN_HD inline void for_each_bit_down(const std::uint32_t* bits, std::size_t words, F&& f) {
    for (std::size_t w = words; w-- > 0;) {
        for (std::uint32_t word = bits[w]; word != 0;) {
            const int k = highest_bit(word);
            word ^= 1u << k;
            f(32 * w + static_cast<std::size_t>(k));
        }
    }
}

/// Body over (sample, panel of the sources): which of its columns sent anything, a bit each.
struct FindSenders {
    BatchShape shape;
    std::size_t panels, sources;
    RawOutput raw;
    std::uint32_t* senders;  // [sample][panel]

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t first = i % panels * panel_width;
        std::uint32_t found = 0;
        for (std::size_t l = 0; l < panel_width && first + l < sources; ++l)
            found |= sends(i / panels * sources + first + l) ? 1u << l : 0u;
        senders[i] = found;
    }

  private:
    SNN_HD bool sends(std::size_t row) const {
        std::uint32_t any = 0;
        if (raw.values) {
            for (std::size_t t = 0; t < shape.steps; ++t)
                any |= raw.values[row * shape.steps + t] != 0.0f ? 1u : 0u;
        } else {
            for (std::size_t w = 0; w < shape.words(); ++w)
                any |= raw.bits[row * shape.words() + w];
        }
        return any != 0;
    }
};

/// Body over (sample, panel of the targets): adds how often c and p are multiplied, their spikes
/// times the sources that sent anything.
struct CountSpikeMacs {
    BatchShape shape;
    std::size_t panels, targets;   // panels of the sources
    const std::uint32_t* senders;  // [sample][panel]
    const std::uint32_t* bits;     // of the targets
    std::uint64_t* total;          // [sample][panel of the targets]

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / panels_of(targets), first = i % panels_of(targets) * panel_width;
        const std::size_t last = first + panel_width < targets ? first + panel_width : targets;
        std::uint64_t sources = 0, spikes = 0;
        for (std::size_t k = 0; k < panels; ++k)
            sources += static_cast<std::uint64_t>(count_bits(senders[b * panels + k]));
        for (std::size_t w = (b * targets + first) * shape.words();
             w < (b * targets + last) * shape.words(); ++w)
            spikes += static_cast<std::uint64_t>(count_bits(bits[w]));
        total[i] += spikes * sources;
    }
};

/// p of some sources in each step.
struct UnitPotentials {
    static constexpr std::uint32_t none = 0xFFFFFFFFu;  // in place of a source

    BatchShape shape;
    std::size_t sources;
    RawOutput raw;
    std::size_t lag;  // steps until what is sent acts
    CubaLif::Constants c;

    template <int Lanes>
    SNN_HD void follow(std::size_t sample, const std::uint32_t (&source)[Lanes], float* to,
                       std::size_t stride) const {
        const std::size_t until = shape.reach(lag);
        float current[Lanes] = {}, potential[Lanes] = {};
        for (std::size_t t = until; t < shape.steps; ++t, to += stride)
            SNN_LANES for (int l = 0; l < Lanes; ++l) to[l] = 0.0f;
        const auto step = [&](const float(&arriving)[Lanes]) {
            SNN_LANES for (int l = 0; l < Lanes; ++l) {
                potential[l] = fused(c.decay_m, potential[l], c.coupling * current[l]);
                current[l] = fused(c.decay_s, current[l], arriving[l]);
                to[l] = potential[l];
            }
            to += stride;
        };
        float arriving[Lanes] = {};
        if (raw.values) {
            for (std::size_t t = 0; t < until; ++t) {
                for (int l = 0; l < Lanes; ++l)
                    if (source[l] != none)
                        arriving[l] = raw.values[(sample * sources + source[l]) * shape.steps + t];
                step(arriving);
            }
            return;
        }
        for (std::size_t w = 0; 32 * w < until; ++w) {
            std::uint32_t word[Lanes];
            for (int l = 0; l < Lanes; ++l)
                word[l] = source[l] != none
                              ? raw.bits[(sample * sources + source[l]) * shape.words() + w]
                              : 0u;
            for (std::size_t t = 32 * w; t < until && t < 32 * (w + 1); ++t) {
                SNN_LANES for (int l = 0; l < Lanes; ++l) {
                    arriving[l] = static_cast<float>(static_cast<std::int32_t>(word[l] & 1u));
                    word[l] >>= 1;
                }
                step(arriving);
            }
        }
    }
};

/// What dL/dv of a cell jumps by at its spikes, where it is asked for at no other step: see
/// CubaLif::back_by_time. All targets are those of one projection without delay. Writes
/// dL/d(bias), too.
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

    /// Calls f(step, jump) from the last spike of the cell to the first.
    template <class F>
    SNN_HD void back(std::size_t b, std::size_t cell, F&& f) const {
        const std::size_t i = b * cells + cell;
        const float* const own =
            v.at(shape, {b, cell / panel_width, static_cast<int>(cell % panel_width)});
        float jump = 0.0f, of_bias = 0.0f;
        std::size_t after = shape.steps;  // when it fired next
        for_each_bit_down(bits + i * shape.words(), shape.words(), [&](std::size_t t) {
            const float later = after < shape.steps ? jump * decays[after - t] : 0.0f;
            const float now = own[t * panel_width];
            const float before = t > 0 ? own[(t - 1) * panel_width] : 0.0f;
            jump = c.jump(before, now, later, change(b, cell, t));
            of_bias = fused(jump - later, constant[t], of_bias);
            after = t;
            f(t, jump - later);
        });
        bias[i] = of_bias;
    }

  private:
    /// What L changes by where a spike in step t comes a step later.
    SNN_HD float change(std::size_t b, std::size_t cell, std::size_t t) const {
        float part[panel_width] = {};
        for (std::size_t panel = 0; panel * panel_width < outputs; ++panel) {
            const float* const w = weights.at(panel, cell, 0);
            const float* const d = upper.at(shape, {b, panel, 0}) + t * panel_width;
            if (t + 1 < shape.steps) {
                SNN_LANES for (int l = 0; l < panel_width; ++l) part[l] =
                    fused(w[l], d[panel_width + l] - d[l], part[l]);
            } else {
                SNN_LANES for (int l = 0; l < panel_width; ++l) part[l] =
                    fused(w[l], -d[l], part[l]);
            }
        }
        SNN_LANES for (int l = 0; l < 8; ++l) part[l] = part[l] + part[l + 8];
        SNN_LANES for (int l = 0; l < 4; ++l) part[l] = part[l] + part[l + 4];
        return (part[0] + part[2]) + (part[1] + part[3]);
    }
};

/// Body over (sample, cell), for GPUs: the jumps in place of the v that was saved.
struct StoreJumps {
    SpikeAdjoints adjoints;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t b = i / adjoints.cells, cell = i % adjoints.cells;
        float* const to = adjoints.v.at(
            adjoints.shape, {b, cell / panel_width, static_cast<int>(cell % panel_width)});
        adjoints.back(b, cell, [&](std::size_t t, float jump) { to[t * panel_width] = jump; });
    }
};

/// The jumps where they stand in place of the v that was saved.
struct StoredJumps {
    BatchShape shape;
    std::size_t cells;
    const std::uint32_t* bits;
    TracePanels v;

    /// As SpikeAdjoints::back.
    template <class F>
    SNN_HD void back(std::size_t b, std::size_t cell, F&& f) const {
        const float* const own =
            v.at(shape, {b, cell / panel_width, static_cast<int>(cell % panel_width)});
        for_each_bit_down(bits + (b * cells + cell) * shape.words(), shape.words(),
                          [&](std::size_t t) { f(t, own[t * panel_width]); });
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

/// Sums of c p: [block of targets][panel of sources][target][panel_width].
struct SpikeSums {
    float* data;
    std::size_t block, panels, targets;

    SNN_HD float* at(std::size_t panel, std::size_t target) const {
        const std::size_t first = target / block * block, left = targets - first;
        const std::size_t size = left < block ? left : block;
        return data + (first * panels + panel * size + target - first) * panel_width;
    }
};

/// Body over (sample, columns of the sources), for GPUs: their potentials.
template <class Columns>
struct FollowPotentials {
    static constexpr int lanes = width_of<Columns>;

    UnitPotentials unit;
    std::size_t panels;
    const std::uint32_t* senders;  // where none of the columns is, nothing is written
    TracePanels potentials;

    SNN_HD void operator()(std::size_t i) const {
        const Place p = place_of<Columns>(i, unit.shape.batch, panels);
        const std::uint32_t found = senders[p.sample * panels + p.panel] >> p.lane;
        std::uint32_t source[lanes], any = 0;
        for (int l = 0; l < lanes; ++l) {
            const bool sends = (found >> l) & 1u;
            source[l] = sends ? static_cast<std::uint32_t>(p.panel * panel_width) +
                                    static_cast<std::uint32_t>(p.lane + l)
                              : UnitPotentials::none;
            any |= sends ? 1u : 0u;
        }
        if (any) unit.follow(p.sample, source, potentials.at(unit.shape, p), panel_width);
    }
};

/// Body over (target, columns of the sources), for GPUs: sums += c p. One call owns its elements
/// and takes samples in ascending order.
template <class Columns>
struct SpikeGradient {
    static constexpr std::size_t parts = panel_width / width_of<Columns>;

    StoredJumps jumps;
    const std::uint32_t* senders;
    TracePanels potentials;
    SpikeSums sums;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t column = i % (sums.panels * parts), target = i / (sums.panels * parts);
        const std::size_t panel = column / parts;
        const int lane = static_cast<int>(column % parts) * width_of<Columns>;
        constexpr std::uint32_t all = (1u << width_of<Columns>)-1u;
        float* const to = sums.at(panel, target) + lane;
        for (std::size_t b = 0; b < jumps.shape.batch; ++b) {
            if (((senders[b * sums.panels + panel] >> lane) & all) == 0) continue;
            const float* const p = potentials.at(jumps.shape, {b, panel, lane});
            Columns sum = broadcast(0.0f, Columns{});
            jumps.back(b, target, [&](std::size_t t, float c) {
                sum = fused(broadcast(c, Columns{}), load_columns(p + t * panel_width, Columns{}),
                            sum);
            });
            store_columns(to, add(load_columns(to, Columns{}), sum));
        }
    }
};

/// Body over (source, target): sums go on from the gradient, which is 0 then.
struct TakeSpikeSums {
    SpikeSums sums;
    WeightPanels gradient;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t source = i / sums.targets, target = i % sums.targets;
        float& from =
            *gradient.at(target / panel_width, source, static_cast<int>(target % panel_width));
        sums.at(source / panel_width, target)[source % panel_width] = from;
        from = 0.0f;
    }
};

/// Body over (source, target): gradient += sums, which are 0 again.
struct AddSpikeSums {
    SpikeSums sums;
    WeightPanels gradient;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t source = i / sums.targets, target = i % sums.targets;
        float& sum = sums.at(source / panel_width, target)[source % panel_width];
        float& to =
            *gradient.at(target / panel_width, source, static_cast<int>(target % panel_width));
        to = to + sum;
        sum = 0.0f;
    }
};

}  // namespace snnsim
