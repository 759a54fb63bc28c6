// Projections that are stored synapse by synapse on a backend: which kernel body does what.
#pragma once

#include "kernels/training/delays.hpp"
#include "src/training/buffers.hpp"
#include "src/training/ranks_on.hpp"
#ifndef __CUDACC__
#include "kernels/training/sparse_steps.hpp"
#endif

namespace snnsim {

// Bodies of CPUs, which a compiler for devices need not see.
template <class Columns>
struct ScatterSynapses;
template <class Columns>
struct AddFiredRows;
template <class Columns>
struct CopyUpper;
template <class Columns>
struct BackRows;
template <class Columns>
struct BackStepRows;
template <class Columns>
struct GradientRows;

template <class Backend>
struct SparseOn {
    using Columns = typename Backend::Columns;
    static constexpr bool whole_panels = width_of<Columns> == panel_width;  // a CPU
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

    /// dL/d(input) of some samples at a time; see UpperSteps.
    struct Upper {
        Buffer<float> steps, sum;
    };

    const Backend& backend;
    ProjectionBuffers<Backend>& projection;
    PopulationBuffers<Backend>& source;
    PopulationBuffers<Backend>& target;
    BatchShape shape;
    const float* weight;  // of the synapses
    const float* bias;    // or null

    /// input (+)= what arrives `lag` steps after it was sent, and the bias. `scale`: see
    /// SumRounded; 0: values are not rounded.
    void sum(bool accumulate, std::size_t lag, float scale) {
        const TracePanels input{target.saved[0].data()};
        if constexpr (whole_panels) {
            const ScatterSynapses<Columns> body{
                shape, columns(), source.events(), rows(), bias, input, accumulate, lag, scale};
            backend.for_each(shape.batch, body);
        } else {
            if (lag < shape.steps) index_events();
            const SumSynapses body{shape,
                                   source.events(),
                                   source.event_index.data(),
                                   by_target(),
                                   bias,
                                   input,
                                   accumulate,
                                   lag};
            if (scale == 0.0f) {
                backend.for_each(body.size(), body);
            } else {
                backend.for_each(body.size(), SumSynapsesRounded{body, scale});
            }
        }
    }

    /// input[t] += what arrives of what was sent `lag` steps before; `fired` lists it. run(count,
    /// body), now or later.
    template <class Run>
    void add_fired(std::size_t t, std::size_t lag, const Fired& fired, Run&& run) {
        const TracePanels input{target.saved[0].data()};
        if constexpr (whole_panels) {
            const AddFiredRows<Columns> body{shape, columns(), rows(), fired, input, t};
            if (fired.count) run(shape.batch, body);
        } else {
            const AddFiredSynapses body{shape,       source.raw(), source.grid, source.size,
                                        by_target(), input,        t,           lag};
            run(body.size(), body);
        }
    }

    /// gradient of the sources (+)= what the targets' steps pass back.
    void back(bool accumulate, std::size_t lag, Upper& upper) {
        const SynapsesBack body = back_of(accumulate, lag);
        if constexpr (whole_panels) {
            for_each_part(lag, upper, [&](const auto& part) {
                const BackRows<Columns> rows{body, part};
                backend.for_each(rows.size(), rows);
            });
        } else {
            backend.for_each(shape.batch * body.columns(), BackSynapses{body});
        }
    }
    /// gradient[t] += what step t + lag passes back.
    template <class Run>
    void back_step(std::size_t t, std::size_t lag, Run&& run) {
        if (t + lag >= shape.steps) return;
        const SynapsesBack body = back_of(true, lag);
        if constexpr (whole_panels) {
            run(shape.batch, BackStepRows<Columns>{body, columns(), t});
        } else {
            run(shape.batch * body.columns(), BackStepSynapses{body, t});
        }
    }

    /// Adds dL/d(weights) and dL/d(bias) to the gradients of the projection.
    void add_gradient(std::size_t lag, Upper& upper, RanksOn<Backend>& ranks) {
        float* const gradient = projection.gradient.data();
        const std::size_t synapses = projection.synapses->count();
        if constexpr (whole_panels) {
            const std::size_t most = ranks.most_of(ranks.samples(shape.batch));  // as all know it
            if (!ranks.alone() && samples_at_once(lag) >= most) {
                add_in_pieces(lag, upper, ranks);
            } else {
                ranks.in_turn(projection.gradient, 0, synapses, [&] {
                    for_each_part(lag, upper, [&](const auto& part) {
                        const GradientRows<Columns> body = gradient_of(part, lag);
                        backend.for_each(body.size(), body);
                    });
                });
            }
        } else {
            index_events();
            const SynapseGradient body{shape,
                                       source.events(),
                                       source.event_index.data(),
                                       rows(),
                                       projection.synapses->source(),
                                       {target.gradient.data()},
                                       gradient,
                                       lag};
            ranks.in_turn(projection.gradient, 0, synapses,
                          [&] { backend.for_each(synapses, body); });
        }
        if (!projection.has_bias) return;
        // A matrix of the bias row alone.
        const WeightPanels of_bias{gradient + projection.first_bias(), 1, 0};
        const BiasGradient<Columns> body{shape, {target.gradient.data()}, of_bias};
        ranks.in_turn(projection.gradient, projection.first_bias(), columns(),
                      [&] { backend.for_each(columns() / width_of<Columns>, body); });
    }

  private:
    std::size_t columns() const { return target.panels() * panel_width; }
    SparseRows rows() { return projection.synapses->rows(weight); }
    SparseColumns by_target() { return projection.synapses->by_target(weight); }
    SynapsesBack back_of(bool accumulate, std::size_t lag) {
        return {
            shape,      rows(), source.order, {target.gradient.data()}, {source.gradient.data()},
            accumulate, lag};
    }
    void index_events() {
        backend.for_each(shape.batch * source.size,
                         IndexEvents{source.events(), source.event_index.data()});
    }

    template <class Part>
    GradientRows<Columns> gradient_of(const Part& part, std::size_t lag) {
        const std::size_t parts = 4 * backend.concurrency();
        const std::size_t block = std::max<std::size_t>(64, (source.size + parts - 1) / parts);
        return {shape, block, source.events(), part, rows(), projection.gradient.data(), lag};
    }
    /// The same from rank to rank, some sources at a time.
    void add_in_pieces(std::size_t lag, Upper& upper, RanksOn<Backend>& ranks) {
        GradientRows<Columns> body = gradient_of(decltype(CopyUpper<Columns>::to){}, lag);
        for_each_part(lag, upper, [&](const auto& part) { body.upper = part; });  // of all samples
        const std::size_t blocks = body.size(), pieces = std::min<std::size_t>(blocks, 8);
        const auto synapse = [&](std::size_t of_block) {
            return std::size_t{body.of.first[std::min(of_block * body.block, source.size)]};
        };
        for (std::size_t piece = 0; piece < pieces; ++piece) {
            const std::size_t first = blocks * piece / pieces, last = blocks * (piece + 1) / pieces;
            const std::size_t from = synapse(first);
            ranks.in_turn(projection.gradient, from, synapse(last) - from, [&] {
                backend.for_each(last - first, From<GradientRows<Columns>>{body, first});
            });
        }
    }
    template <class Body>
    struct From {
        Body body;
        std::size_t first;
        void operator()(std::size_t i) const { body(first + i); }
    };

    /// As many as a cache holds, in steps of the targets.
    std::size_t samples_at_once(std::size_t lag) const {
        constexpr std::size_t cache = std::size_t{1} << 20;  // floats
        return cache /
               (columns() * decltype(CopyUpper<Columns>::to.arrays)(shape.steps, lag).stride);
    }
    /// Calls f(UpperSteps) for as many samples at a time as a cache holds.
    template <class F>
    void for_each_part(std::size_t lag, Upper& upper, F&& f) {
        CopyUpper<Columns> copy{shape, {target.gradient.data()}, lag, {}};
        copy.to.columns = columns();
        copy.to.arrays = decltype(copy.to.arrays)(shape.steps, lag);
        const std::size_t sample = columns() * copy.to.arrays.stride;
        const std::size_t most =
            std::max<std::size_t>(1, std::min(samples_at_once(lag), shape.batch));
        if (upper.steps.size() < most * sample) upper.steps = Buffer<float>(most * sample);
        if (upper.sum.size() < most * columns()) upper.sum = Buffer<float>(most * columns());
        copy.to.steps = upper.steps.data();
        copy.to.sum = upper.sum.data();
        for (std::size_t first = 0; first < shape.batch; first += most) {
            copy.to.first = first;
            copy.to.count = std::min(most, shape.batch - first);
            backend.for_each(copy.size(), copy);
            f(copy.to);
        }
    }
};

}  // namespace snnsim
