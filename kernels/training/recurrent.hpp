// One step of a layer whose neurons also project to each other: spikes of a step act in the next
// one.
#pragma once

#include <cstddef>

#include "kernels/training/back_data.hpp"
#include "kernels/training/step_neurons.hpp"

namespace snnsim {

/// The neurons of each sample that fired in one step.
struct Fired {
    std::uint32_t* count = nullptr;   // [sample]
    std::uint32_t* neuron = nullptr;  // [sample][size]
};

/// Body over samples: lists the spikes of step t.
struct ListFired {
    BatchShape shape;
    std::size_t size;
    const std::uint32_t* bits;
    std::size_t t;
    Fired fired;

    SNN_HD void operator()(std::size_t b) const {
        std::uint32_t count = 0;
        for (std::size_t n = 0; n < size; ++n) {
            const std::uint32_t word = bits[(b * size + n) * shape.words() + t / 32];
            if ((word >> (t % 32)) & 1u)
                fired.neuron[b * size + count++] = static_cast<std::uint32_t>(n);
        }
        fired.count[b] = count;
    }
};

/// A struct per neuron, kept between steps: [sample][panel][lane].
template <class S, class Columns>
struct StoredStates {
    using Lanes = LaneStates<S, width_of<Columns>>;
    std::byte* data = nullptr;

    SNN_HD Lanes& at(std::size_t panels, const Place& p) const {
        const std::size_t first = (p.sample * panels + p.panel) * panel_width;
        return reinterpret_cast<Lanes*>(
            data)[(first + static_cast<std::size_t>(p.lane)) / width_of<Columns>];
    }
};

/// Body over (sample, columns): step t, after the input from other layers has been summed.
template <NeuronModel M, class Columns>
struct RecurrentStep {
    StepNeurons<M, Columns> neurons;
    WeightPanels weights;
    Fired fired;  // in step t - 1
    StoredStates<typename M::State, Columns> states;
    std::size_t t;

    SNN_HD void operator()(std::size_t i) const {
        const Place p = neurons.place(i);
        const BatchShape& shape = neurons.shape;
        float* input = neurons.layer.saved[0].at(shape, p) + t * panel_width;
        auto& state = states.at(neurons.panels, p);
        if (t == 0) {
            state = {};
        } else {
            Columns sum = load_columns(input, Columns{});
            const std::uint32_t* neuron = fired.neuron + p.sample * weights.sources;
            for (std::uint32_t k = 0; k < fired.count[p.sample]; ++k) {
                sum = add(sum, load_columns(weights.at(p.panel, neuron[k], p.lane), Columns{}));
            }
            store_columns(input, sum);
        }
        neurons.step(p, t, state);
    }
};

/// Body over (sample, columns): step t backward, after the gradient from later layers has been
/// summed.
template <NeuronModel M, class Columns>
struct RecurrentStepBack {
    StepNeuronsBack<M, Columns> neurons;
    BackData<Columns>
        own;  // from dL/d(input) of step t + 1 to dL/d(output) of step t; upper == gradient
    StoredStates<typename M::Adjoint, Columns> adjoints;
    std::size_t t;

    SNN_HD void operator()(std::size_t i) const {
        const Place p = neurons.place(i);
        const BatchShape& shape = neurons.shape;
        auto& adjoint = adjoints.at(neurons.panels, p);
        if (t + 1 == shape.steps) {
            adjoint = {};
        } else {
            Columns sum[1] = {broadcast(0.0f, Columns{})};
            own.template add_rows<1>(p, t + 1, sum);
            float* at = neurons.layer.gradient.at(shape, p) + t * panel_width;
            store_columns(at, add(load_columns(at, Columns{}), sum[0]));
        }
        neurons.step_back(p, t, adjoint);
    }
};

}  // namespace snnsim
