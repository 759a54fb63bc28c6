// The populations of a cycle of projections on a backend: step by step, since what they send each
// other comes back to them.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "kernels/training/recurrent.hpp"
#include "src/network/stages.hpp"
#include "src/training/buffers.hpp"

namespace snnsim {

template <class Backend>
class NetworkOn;

/// A cycle of a network, for one batch.
template <class Backend>
class LoopOn {
    using Columns = typename Backend::Columns;
    static constexpr bool whole_panels = width_of<Columns> == panel_width;  // a CPU

  public:
    LoopOn(NetworkOn<Backend>& on, const Stage& stage, const BatchShape& shape)
        : on_(on), stage_(stage), shape_(shape) {}

    /// First what comes from outside, and biases, for all steps; then, in each, what the
    /// populations have sent each other.
    void forward() {
        for (std::size_t k = stage_.first; k <= stage_.last; ++k) {
            bool begun = false;
            for (const std::size_t in : on_.paths.inputs_of(k, false)) {
                on_.sum_all_steps(in, shape_, begun, on_.projections[in].delay);
                begun = true;
            }
            for (const std::size_t in : on_.paths.inputs_of(k, true)) {
                if (begun && !on_.projections[in].has_bias) continue;
                on_.sum_all_steps(in, shape_, begun, shape_.steps);  // the bias alone
                begun = true;
            }
        }
        for (std::size_t t = 0; t < shape_.steps; ++t) {
            for (std::size_t k = stage_.first; k <= stage_.last; ++k) {
                for (auto& [delay, fired] : on_.populations[k].fired) {
                    if (delay > 0 && t >= delay) list_fired(k, t - delay, fired.fired());
                }
            }
            for (std::size_t k = stage_.first; k <= stage_.last; ++k) {
                on_.visit_forward(
                    k, [&]<class N>(const auto& constants) { step<N>(k, constants, t); });
                const auto at_once = on_.populations[k].fired.find(0);
                if (at_once != on_.populations[k].fired.end())
                    list_fired(k, t, at_once->second.fired());
            }
        }
        // What acts in the first of the steps that follow.
        for (std::size_t k = stage_.first; !shape_.ends() && k <= stage_.last; ++k) {
            const auto next = on_.populations[k].fired.find(1);
            if (next != on_.populations[k].fired.end())
                list_fired(k, shape_.steps - 1, next->second.fired());
        }
        run(1);
    }

    /// First what targets outside pass back, for all steps.
    void backward() {
        for (std::size_t k = stage_.first; k <= stage_.last; ++k) {
            bool begun = on_.paths.is_output(k);  // the loss has written its gradient
            for (const std::size_t out : on_.paths.passing_back(k)) {
                on_.pass_back(out, shape_, begun, on_.projections[out].delay);
                begun = true;
            }
            if (!begun)
                on_.pass_back(on_.paths.outputs_of(k, true)[0], shape_, false, shape_.steps);
        }
        for (std::size_t t = shape_.steps; t-- > 0;) {
            for (std::size_t k = stage_.last + 1; k-- > stage_.first;) {
                on_.visit_neurons(
                    k, [&]<class N>(const auto& constants) { step_back<N>(k, constants, t); });
            }
        }
        run(6);  // see BackStep::samples and for_each_tile
    }

  private:
    void list_fired(std::size_t k, std::size_t t, const Fired& fired) {
        PopulationBuffers<Backend>& p = on_.populations[k];
        if (p.sends_values) {
            add(shape_.batch, ListValues{shape_, p.size, p.values.data(), p.grid, t, fired});
        } else {
            add(shape_.batch, ListFired{shape_, p.size, p.bits.data(), t, fired});
        }
    }

    template <class N>
    void step(std::size_t k, const typename NeuronsOf<N>::Constants& constants, std::size_t t) {
        PopulationBuffers<Backend>& p = on_.populations[k];
        const std::size_t count = place_count<Columns>(shape_.batch, p.panels());
        const StepNeurons<N, Columns> neurons{shape_, p.panels(), constants,
                                              p.layer(on_.training_)};
        const std::vector<std::size_t> inputs = on_.paths.inputs_of(k, true);
        for (const std::size_t in : inputs) {
            const std::size_t delay = on_.projections[in].delay;
            Fired fired = on_.populations[on_.network.projections[in].from].fired.at(delay).fired();
            if (shape_.first + t < delay) fired = {};
            if (on_.sparse(in)) {
                on_.synapses(in, shape_).add_fired(t, delay, fired, adding());
                fired = {};  // that is all
            }
            const AddFired<Columns> arrived{shape_, p.panels(),          on_.weights(in),
                                            fired,  {p.saved[0].data()}, t};
            if (in == inputs.back()) {
                add(count, RecurrentStep<N, Columns>{neurons, arrived, {p.states.data()}});
            } else if (fired.count) {
                add(count, arrived);
            }
        }
    }

    template <class N>
    void step_back(std::size_t k, const typename NeuronsOf<N>::Constants& constants,
                   std::size_t t) {
        const auto cells = on_.template back_step<N>(k, shape_, constants);
        if constexpr (std::is_same_v<N, CubaLif>) {
            if (on_.event_prop()) {
                add_step_back(k, SpikeTimesBack<N, Columns>{cells}, t);
                return;
            }
        }
        add_step_back(k, cells, t);
    }
    template <class Cells>
    void add_step_back(std::size_t k, const Cells& cells, std::size_t t) {
        PopulationBuffers<Backend>& p = on_.populations[k];
        const std::size_t count = place_count<Columns>(shape_.batch, p.panels());
        const std::vector<std::size_t> outputs = on_.paths.outputs_of(k, true);
        for (const std::size_t out : outputs) {
            std::size_t lag = on_.projections[out].delay;
            if (on_.sparse(out)) {
                on_.synapses(out, shape_).back_step(t, lag, adding());
                lag = shape_.steps;  // that is all
            }
            const BackStep<Columns> back{on_.back_data(out, shape_, true, lag), t};
            if (out == outputs.back()) {
                add(count, RecurrentStepBack<Cells, Columns>{cells, back, {p.adjoints.data()}});
            } else if (t + lag < shape_.steps) {
                add(count, back);
            }
        }
    }

    /// Of a step: what a body, over samples or places of them, does for all samples, or, on a CPU,
    /// for some later on.
    template <class Body>
    void add(std::size_t count, const Body& body) {
        if constexpr (whole_panels) {
            steps_.push_back([body](std::size_t first, std::size_t last) {
                if constexpr (requires { body.samples(first, last); }) {
                    body.samples(first, last);
                } else {
                    for (std::size_t b = first; b < last; ++b) body(b);
                }
            });
        } else {
            on_.backend.for_each(count, body);
        }
    }
    auto adding() {
        return [this](std::size_t count, const auto& body) { add(count, body); };
    }
    /// What was left for later: all steps of at most so many samples at once.
    void run([[maybe_unused]] std::size_t most) {
        if constexpr (whole_panels) {
            const std::size_t threads = on_.backend.concurrency();
            std::size_t parts = (shape_.batch + most - 1) / most;
            parts = (parts + threads - 1) / threads * threads;  // no thread waits for the last
            on_.backend.for_each(parts, [&](std::size_t part) {
                const std::size_t first = shape_.batch * part / parts;
                const std::size_t last = shape_.batch * (part + 1) / parts;
                for (const auto& step : steps_) step(first, last);
            });
        }
    }

    NetworkOn<Backend>& on_;
    const Stage& stage_;
    const BatchShape shape_;
    std::vector<std::function<void(std::size_t, std::size_t)>> steps_;  // of a CPU, to be run
};

}  // namespace snnsim
