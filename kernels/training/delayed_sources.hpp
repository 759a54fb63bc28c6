// Projections whose sources each learn a delay: what a source sends is filtered once, f_i[t] = sum
// over d of K(d; d_i) sent_i[t - d], and the projection is then as any other.
#pragma once

#include "kernels/training/delays.hpp"

namespace snnsim {

/// Delays in steps, K(d) and the gradient of the delays, by source.
struct SourceTaps {
    DelayTaps taps;
    std::size_t sources;
    const float* delay;  // [source]
    float* kernel;       // [source][tap]

    SNN_HD const float* of(std::size_t source) const {
        return kernel + source * static_cast<std::size_t>(taps.count());
    }
};

/// Body over sources.
struct BuildSourceTaps {
    SourceTaps to;

    SNN_HD void operator()(std::size_t i) const {
        const float delay = to.delay[i];
        const TapRange r = to.taps.range(delay);
        float* const out = to.kernel + i * static_cast<std::size_t>(to.taps.count());
        float norm = 0.0f;
        for (int d = r.first; d <= r.last; ++d) {
            out[d] = to.taps.bump(delay, d);
            norm = norm + out[d];
        }
        for (int d = r.first; d <= r.last; ++d) out[d] = out[d] / norm;
    }
};

/// Body over (sample, source): the filtered values, of delays that are learned.
struct FilterSources {
    BatchShape shape;
    RawOutput sent;
    SourceTaps by;
    float* filtered;  // [sample][source][step]

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t source = i % by.sources;
        const TapRange r = by.taps.range(by.delay[source]);
        const float* const kernel = by.of(source);
        float* const out = filtered + i * shape.steps;
        for (std::size_t t = 0; t < shape.steps; ++t) out[t] = 0.0f;
        for_each_sent(sent, shape, i, [&](std::size_t t, float value) {
            for (int d = r.first; d <= r.last; ++d) {
                const std::size_t at = t + static_cast<std::size_t>(d);
                if (at >= shape.steps) return;
                out[at] = fused(value, kernel[d], out[at]);
            }
        });
    }
};

/// Body over (sample, source): what was sent, some steps later, of delays on the grid.
struct ShiftSources {
    BatchShape shape;
    RawOutput sent;
    SourceTaps by;
    RawOutput shifted;

    SNN_HD void operator()(std::size_t i) const {
        const auto steps = static_cast<std::size_t>(nearest_step(by.delay[i % by.sources]));
        if (sent.bits) {
            std::uint32_t* const out = shifted.bits + i * shape.words();
            for (std::size_t w = 0; w < shape.words(); ++w) out[w] = 0;
            for_each_sent(sent, shape, i, [&](std::size_t t, float) {
                const std::size_t at = t + steps;
                if (at < shape.steps) out[at / 32] |= 1u << (at % 32);
            });
            return;
        }
        const float* const in = sent.values + i * shape.steps;
        float* const out = shifted.values + i * shape.steps;
        for (std::size_t t = 0; t < shape.steps; ++t) out[t] = t < steps ? 0.0f : in[t - steps];
    }
};

/// Body over (sample, source): dL/d(sent)[t] (+)= sum over taps of K(d) dL/d(filtered)[t + d].
struct BackThroughFilter {
    BatchShape shape;
    SourceTaps by;
    TracePanels filtered;  // its gradient
    TracePanels gradient;
    bool accumulate;

    SNN_HD void operator()(std::size_t i) const {
        const std::size_t source = i % by.sources;
        const Place p{i / by.sources, source / panel_width, static_cast<int>(source % panel_width)};
        const TapRange r = by.taps.range(by.delay[source]);
        const float* const kernel = by.of(source);
        const float* const up = filtered.at(shape, p);
        float* const out = gradient.at(shape, p);
        for (std::size_t t = 0; t < shape.steps; ++t) {
            float sum = 0.0f;
            for (int d = r.first; d <= r.last; ++d) {
                const std::size_t at = t + static_cast<std::size_t>(d);
                if (at >= shape.steps) break;
                sum = fused(kernel[d], up[at * panel_width], sum);
            }
            float& x = out[t * panel_width];
            x = accumulate ? x + sum : sum;
        }
    }
};

/// Body over sources: dL/d(delay), added to what is there; samples in ascending order.
struct SourceDelayGradient {
    BatchShape shape;
    RawOutput sent;
    SourceTaps by;
    TracePanels filtered;  // its gradient
    float* delay_gradient;
    float* sums = nullptr;  // [source][tap]: of samples before, where it goes on from them, and
    bool goes_on = false;   // then of these too; or null
    bool ends = true;       // else there are samples after them

    SNN_HD void operator()(std::size_t source) const {
        const float delay = by.delay[source];
        const TapRange r = by.taps.range(delay);
        float of_tap[most_learned_steps + 1];
        float* const kept =
            sums ? sums + source * static_cast<std::size_t>(by.taps.count()) : nullptr;
        for (int d = r.first; d <= r.last; ++d) of_tap[d] = goes_on ? kept[d] : 0.0f;
        for (std::size_t b = 0; b < shape.batch; ++b) {
            const float* const up = filtered.at(
                shape, {b, source / panel_width, static_cast<int>(source % panel_width)});
            for_each_sent(sent, shape, b * by.sources + source, [&](std::size_t t, float value) {
                for (int d = r.first; d <= r.last; ++d) {
                    const std::size_t at = t + static_cast<std::size_t>(d);
                    if (at >= shape.steps) return;
                    of_tap[d] = fused(value, up[at * panel_width], of_tap[d]);
                }
            });
        }
        for (int d = r.first; kept && d <= r.last; ++d) kept[d] = of_tap[d];
        if (!ends) return;
        const DelayTaps::Gradient g =
            by.taps.gradient(delay, 1.0f, [&](int d) { return of_tap[d]; });
        delay_gradient[source] = delay_gradient[source] + g.of_delay;
    }
};

}  // namespace snnsim
