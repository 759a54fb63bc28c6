// One step of a population that lies on a cycle of projections: what it gets depends on what it, or
// others that it sends to, sent some steps before.
#pragma once

#include <cstddef>

#include "kernels/training/back_data.hpp"
#include "kernels/training/quantize.hpp"
#include "kernels/training/step_neurons.hpp"

namespace snnsim {

// Samples have nothing to do with each other: a GPU computes a step of all of them at once, a CPU
// all steps of a few (`samples`), so that what they need stays near.

/// Calls f(place) of whole panels.
template <class F>
inline void for_each_panel(std::size_t first, std::size_t last, std::size_t panels, F&& f) {
    for (std::size_t b = first; b < last; ++b) {
        for (std::size_t panel = 0; panel < panels; ++panel) f(Place{b, panel, 0});
    }
}

/// The neurons of each sample that sent something in one step.
struct Fired {
    std::uint32_t* count = nullptr;   // [sample]; null: of a step before the first
    std::uint32_t* neuron = nullptr;  // [sample][size]
    float* value = nullptr;           // [sample][size]; null: spikes
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

/// Body over samples: lists the values of step t, on their grid if they have one.
struct ListValues {
    BatchShape shape;
    std::size_t size;
    const float* values;  // [sample][neuron][step]
    ValueGrid grid;
    std::size_t t;
    Fired fired;

    SNN_HD void operator()(std::size_t b) const {
        std::uint32_t count = 0;
        for (std::size_t n = 0; n < size; ++n) {
            const float sent = values[(b * size + n) * shape.steps + t];
            const float value = grid.step > 0.0f ? grid.round(sent) : sent;
            if (value == 0.0f) continue;
            fired.neuron[b * size + count] = static_cast<std::uint32_t>(n);
            fired.value[b * size + count] = value;
            ++count;
        }
        fired.count[b] = count;
    }
};

/// Body over (sample, columns): input[t] += what arrives of what a population sent in one step, by
/// ascending neuron.
template <class Columns>
struct AddFired {
    BatchShape shape;
    std::size_t panels;
    WeightPanels weights;
    Fired fired;
    TracePanels input;
    std::size_t t;

    SNN_HD Place place(std::size_t i) const { return place_of<Columns>(i, shape.batch, panels); }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        if (!fired.count) return;
        float* at = input.at(shape, p) + t * panel_width;
        Columns sum = load_columns(at, Columns{});
        const std::size_t first = p.sample * weights.sources;
        for (std::uint32_t k = 0; k < fired.count[p.sample]; ++k) {
            const Columns row =
                load_columns(weights.at(p.panel, fired.neuron[first + k], p.lane), Columns{});
            sum = fired.value ? fused(broadcast(fired.value[first + k], Columns{}), row, sum)
                              : add(sum, row);
        }
        store_columns(at, sum);
    }
    void samples(std::size_t first, std::size_t last) const {
        for_each_panel(first, last, panels, *this);
    }
};

/// Body over (sample, columns): a step, after all input but that of the last projection of the
/// cycle has been summed.
template <class N, class Columns>
struct RecurrentStep {
    using M = typename NeuronsOf<N>::Model;
    StepNeurons<N, Columns> neurons;
    AddFired<Columns> last;
    StoredStates<typename M::State, Columns> states;

    SNN_HD void operator()(std::size_t i) const { (*this)(neurons.place(i)); }
    SNN_HD void operator()(const Place& p) const {
        auto& state = states.at(neurons.panels, p);
        if (last.t == 0 && neurons.shape.begins())
            state = start_states<M, width_of<Columns>>(neurons.constants, p);
        last(p);
        neurons.step(p, last.t, state);
    }
    void samples(std::size_t first, std::size_t last_sample) const {
        for_each_panel(first, last_sample, neurons.panels, *this);
    }
};

/// Body over (sample, columns of the sources): gradient[t] += what the targets' step t + lag passes
/// back, if there is one.
template <class Columns>
struct BackStep {
    BackData<Columns> back;
    std::size_t t;

    SNN_HD void operator()(std::size_t i) const { (*this)(back.place(i)); }
    SNN_HD void operator()(const Place& p) const {
        if (t + back.lag >= back.shape.steps) return;
        Columns sum[1] = {broadcast(0.0f, Columns{})};
        back.template add_rows<1>(p, t + back.lag, sum);
        float* at = back.gradient.at(back.shape, p) + t * panel_width;
        store_columns(at, add(load_columns(at, Columns{}), sum[0]));
    }
    /// Reads the weights once for several samples.
    void samples(std::size_t first, std::size_t last) const {
        if (t + back.lag >= back.shape.steps) return;
        const std::size_t stride = back.shape.steps * panel_width;  // from sample to sample
        for (std::size_t panel = 0; panel < back.panels; ++panel) {
            for_each_tile(last - first, [&]<int Rows>(std::size_t n) {
                const Place p{first + n, panel, 0};
                Columns sum[Rows];
                for (int r = 0; r < Rows; ++r) sum[r] = broadcast(0.0f, Columns{});
                back.template add_rows<Rows>(p, t + back.lag, sum, stride);
                float* at = back.gradient.at(back.shape, p) + t * panel_width;
                for (int r = 0; r < Rows; ++r, at += stride)
                    store_columns(at, add(load_columns(at, Columns{}), sum[r]));
            });
        }
    }
};

/// Body over (sample, columns): a step backward, after all gradients but that of the last
/// projection of the cycle have been summed. Cells: StepNeuronsBack or SpikeTimesBack.
template <class Cells, class Columns>
struct RecurrentStepBack {
    Cells cells;
    BackStep<Columns> last;
    StoredLanes<typename Cells::Kept, Columns> kept;

    SNN_HD void operator()(std::size_t i) const {
        const Place p = cells.place(i);
        last(p);
        step(p);
    }
    void samples(std::size_t first, std::size_t last_sample) const {
        last.samples(first, last_sample);
        for_each_panel(first, last_sample, last.back.panels, [&](const Place& p) { step(p); });
    }

  private:
    SNN_HD void step(const Place& p) const {
        auto& own = kept.at(last.back.panels, p);
        if (last.t + 1 == last.back.shape.steps) own = {};
        cells.one_step_back(p, last.t, own);
    }
};

}  // namespace snnsim
