// The gradient of weights by the spikes of their targets (Wunderlich & Pehle 2021). What the time
// of a spike says of the membrane, c, goes back to the last spike of the cell; with the potential
// p[t] that a weight of 1 would have brought by step t, were there no reset, dL/dw = sum over
// spikes of c p[t]. So the work follows the spikes of the targets, not those of the sources.
#pragma once

#include <cstddef>
#include <cstdint>

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
    std::uint8_t* sent;  // [sample][panel][part]: whether any of the columns did

    SNN_HD void operator()(std::size_t i) const {
        const Place p = place_of<Columns>(i, shape.batch, panels);
        const std::size_t first = p.panel * panel_width + static_cast<std::size_t>(p.lane);
        float current[lanes] = {}, potential[lanes] = {};
        bool any = false;
        float* to = potentials.at(shape, p);
        for (std::size_t t = 0; t < shape.steps; ++t, to += panel_width) {
            for (int l = 0; l < lanes; ++l) {
                const std::size_t source = first + static_cast<std::size_t>(l);
                const float x = source < sources && t >= lag
                                    ? value(p.sample * sources + source, t - lag)
                                    : 0.0f;
                any = any || x != 0.0f;
                potential[l] = fused(decay_m, potential[l], coupling * current[l]);
                current[l] = fused(decay_s, current[l], x);
                to[l] = potential[l];
            }
        }
        sent[part_of(p, panels)] = any ? 1 : 0;
    }
    SNN_HD static std::size_t part_of(const Place& p, std::size_t panels) {
        return (p.sample * panels + p.panel) * (panel_width / lanes) +
               static_cast<std::size_t>(p.lane / lanes);
    }

  private:
    SNN_HD float value(std::size_t i, std::size_t t) const {
        if (raw.values) return raw.values[i * shape.steps + t];
        return (raw.bits[i * shape.words() + t / 32] >> (t % 32)) & 1u ? 1.0f : 0.0f;
    }
};

/// Body over (block of targets, columns of the sources): sums += c p. One call owns its elements
/// and takes samples in ascending order.
template <class Columns>
struct SpikeGradient {
    static constexpr std::size_t parts = panel_width / width_of<Columns>;

    BatchShape shape;
    std::size_t panels;  // of the sources
    std::size_t targets, block;
    TracePanels potentials;
    const std::uint8_t* sent;   // see FollowPotentials
    const std::uint32_t* bits;  // of the targets
    TracePanels jumps;          // c, where they fired
    float* sums;                // [panel][target][panel_width]

    SNN_HD std::size_t size() const { return (targets + block - 1) / block * panels * parts; }
    SNN_HD void operator()(std::size_t i) const {
        const std::size_t column = i % (panels * parts), first = i / (panels * parts) * block;
        const std::size_t last = first + block < targets ? first + block : targets;
        Place p{0, column / parts, static_cast<int>(column % parts) * width_of<Columns>};
        for (; p.sample < shape.batch; ++p.sample) {
            if (!sent[FollowPotentials<Columns>::part_of(p, panels)]) continue;
            for (std::size_t target = first; target < last; ++target) add_target(p, target);
        }
    }

  private:
    SNN_HD void add_target(const Place& p, std::size_t target) const {
        const std::uint32_t* const spikes = bits + (p.sample * targets + target) * shape.words();
        const float* const c = jumps.at(
            shape, {p.sample, target / panel_width, static_cast<int>(target % panel_width)});
        const float* const potential = potentials.at(shape, p);
        Columns sum = broadcast(0.0f, Columns{});
        bool any = false;
        for_each_bit(spikes, shape.words(), [&](std::size_t t) {
            sum = fused(broadcast(c[t * panel_width], Columns{}),
                        load_columns(potential + t * panel_width, Columns{}), sum);
            any = true;
        });
        if (!any) return;
        float* const to = sums + (p.panel * targets + target) * panel_width + p.lane;
        store_columns(to, add(load_columns(to, Columns{}), sum));
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
