// Projections by a window on a backend: which kernel body does what for which kind of window.
#pragma once

#include "kernels/training/grouped_conv.hpp"
#include "kernels/training/pool.hpp"
#include "snnsim/network.hpp"
#include "src/training/buffers.hpp"
#ifndef __CUDACC__
#include "kernels/training/conv_panels.hpp"
#endif

namespace snnsim {

// Bodies of CPUs, which a compiler for devices need not see.
template <class Columns, class After>
struct ConvSpikes;
template <class Columns>
struct ConvSpikesGradient;
template <class Columns>
struct ConvValuesGradient;

/// After a window's sums at a place: nothing.
struct Nothing {
    SNN_HD void operator()(const Place&) const {}
};

template <class Backend>
struct WindowOn {
    using Columns = typename Backend::Columns;
    static constexpr bool whole_panels = width_of<Columns> == panel_width;  // a CPU
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    const Backend& backend;
    const Windowed& windowed;
    BatchShape shape;
    RawOutput raw;  // of the sources
    bool constant;  // see Convolution
    std::size_t lag;
    float spike;  // what one counts in a pool

    /// input (+)= what the window brings, and then `after` at each place.
    template <class After>
    void sum(const WeightPanels& weights, const TracePanels& input, bool accumulate,
             const After& after) const {
        const SlidingWindow& w = windowed.window;
        const std::size_t panels = w.places_out() * panels_of(w.channels_out);
        const std::size_t count = place_count<Columns>(shape.batch, panels);
        if (windowed.pool) {
            backend.for_each(count, Then{PoolSum<Columns>{pool(), input, accumulate}, after});
            return;
        }
        const Convolution conv = convolution(weights);
        if (w.groups > 1) {
            backend.for_each(count, Then{GroupedSum<Columns>{conv, input, accumulate}, after});
            return;
        }
        if constexpr (whole_panels) {
            if (raw.bits) {
                const ConvSpikes<Columns, After> body{conv, input, accumulate, after};
                backend.for_each(body.size(), body);
                return;
            }
        }
        backend.for_each(count, Then{ConvSum<Columns>{conv, input, accumulate}, after});
    }

    /// Whether back() reads weights that transpose() has written.
    bool transposes() const { return !windowed.pool && windowed.window.groups == 1; }
    std::size_t transposed_size() const {
        const SlidingWindow& w = windowed.window;
        return transposes() ? panels_of(w.channels_in) * w.area() * w.channels_out * panel_width
                            : 0;
    }
    void transpose(const WeightPanels& weights, float* transposed) const {
        backend.for_each(transposed_size(),
                         TransposeWindow{windowed.window, weights, panels_at(transposed)});
    }

    /// gradient (+)= what the window passes back of dL/d(input) of the targets.
    template <class After>
    void back(const WeightPanels& weights, float* transposed, const TracePanels& upper,
              const TracePanels& gradient, bool accumulate, const After& after) const {
        const SlidingWindow& w = windowed.window;
        const std::size_t panels = w.places_in() * panels_of(w.channels_in);
        const std::size_t count = place_count<Columns>(shape.batch, panels);
        if (windowed.pool) {
            backend.for_each(count,
                             Then{PoolBack<Columns>{pool(), upper, gradient, accumulate}, after});
        } else if (w.groups > 1) {
            backend.for_each(count, Then{GroupedBack<Columns>{shape, w, upper, weights, gradient,
                                                              accumulate, lag},
                                         after});
        } else {
            backend.for_each(count, Then{ConvBack<Columns>{shape, w, upper, panels_at(transposed),
                                                           gradient, accumulate, lag},
                                         after});
        }
    }

    /// What adds dL/d(weights) to `gradients`, by elements. `partial`: grown as needed.
    AddPartial weight_gradient(const WeightPanels& gradients, const TracePanels& upper,
                               Buffer<float>& partial) const {
        const Convolution conv = convolution(gradients);
        ConvChunks body{conv, upper, nullptr};
        const std::size_t elements = body.elements(), chunks = body.chunks();
        if (partial.size() < chunks * elements) partial = Buffer<float>(chunks * elements);
        body.partial = partial.data();
        if (windowed.window.groups > 1) {
            const GroupedGradient<Columns> grouped{{body}};
            backend.for_each(grouped.size(), grouped);
        } else {
            sum_chunks(body);
        }
        return {partial.data(), chunks, elements, gradients.data};
    }

  private:
    Pool pool() const { return {*windowed.pool, shape, windowed.window, raw, lag, spike}; }
    Convolution convolution(const WeightPanels& weights) const {
        return {shape, windowed.window, raw, weights, constant, lag};
    }
    TransposedPanels panels_at(float* transposed) const {
        return {transposed, windowed.window.area() * windowed.window.channels_out};
    }
    void sum_chunks(const ConvChunks& chunks) const {
        const auto run = [&](const auto& body) { backend.for_each(body.size(), body); };
        if constexpr (!whole_panels) {
            run(ConvGradient<Columns>{chunks});
        } else if (raw.bits) {
            run(ConvSpikesGradient<Columns>{chunks});
        } else {
            run(ConvValuesGradient<Columns>{chunks});
        }
    }
};

}  // namespace snnsim
