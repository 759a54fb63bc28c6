// A layer's neurons through the steps of a sample, forward and backward, a panel of neurons at a
// time.
#pragma once

#include <tuple>
#include <type_traits>

#include "kernels/cells/trained.hpp"
#include "kernels/training/learned_cells.hpp"
#include "kernels/training/sum_inputs.hpp"
#include "kernels/training/surrogates.hpp"

namespace snnsim {

/// A struct for each of `Lanes` neurons.
template <class S, int Lanes>
struct LaneStates {
    S lane[Lanes] = {};
};

/// At the start of a sample.
template <NeuronModel M, int Lanes, class Constants>
SNN_HD inline LaneStates<typename M::State, Lanes> start_states(
    [[maybe_unused]] const Constants& constants, [[maybe_unused]] const Place& p) {
    LaneStates<typename M::State, Lanes> states;
    if constexpr (requires(const typename M::Constants& c) { M::start(c); }) {
        const auto c = constants_at(constants, p);
        for (int l = 0; l < Lanes; ++l) states.lane[l] = M::start(c[l]);
    }
    return states;
}

/// The buffers of a layer that its neurons read and write.
struct LayerBuffers {
    std::size_t size = 0;      // neurons
    std::size_t channels = 0;  // of a place; see ChannelOrder
    TracePanels saved[2];  // what the backward step needs; saved[0] holds the input before the step
    TracePanels output;    // dense output for the loss, or null
    RawOutput raw;         // spikes or values sent to targets; null where nothing is sent
    TracePanels gradient;  // dL/d(output), replaced by dL/d(input)
    TracePanels held;      // of models that hold something (has_held), where they learn, or null
    const float* kept = nullptr;  // factor on what is sent, [panel][sample][panel_width]; null: 1

    SNN_HD const float* kept_at(const BatchShape& shape, const Place& p) const {
        return kept + (p.panel * shape.batch + p.sample) * panel_width + p.lane;
    }
};

/// What is kept of some columns between steps: [sample][panel][columns].
template <class Lanes, class Columns>
struct StoredLanes {
    std::byte* data = nullptr;

    SNN_HD Lanes& at(std::size_t panels, const Place& p) const {
        const std::size_t first = (p.sample * panels + p.panel) * panel_width;
        return reinterpret_cast<Lanes*>(
            data)[(first + static_cast<std::size_t>(p.lane)) / width_of<Columns>];
    }
};
/// A struct per neuron.
template <class S, class Columns>
using StoredStates = StoredLanes<LaneStates<S, width_of<Columns>>, Columns>;

/// Body over (sample, columns): runs the neurons through all steps, from rest or, where steps came
/// before, from where those left them. N: their model, or Learning<model>.
template <class N, class Columns>
struct StepNeurons {
    using M = typename NeuronsOf<N>::Model;
    using Constants = typename NeuronsOf<N>::Constants;
    static constexpr int lanes = width_of<Columns>;

    BatchShape shape;
    std::size_t panels;
    Constants constants;
    LayerBuffers layer;
    StoredStates<typename M::State, Columns> stored = {};  // none: all steps are computed at once

    SNN_HD Place place(std::size_t i) const { return place_of<Columns>(i, shape.batch, panels); }
    SNN_HD void operator()(std::size_t i) const { (*this)(place(i)); }
    SNN_HD void operator()(const Place& p) const {
        LaneStates<typename M::State, lanes> states = start(p);
        for (std::size_t t = 0; t < shape.steps; ++t) step(p, t, states);
        if (!shape.ends()) stored.at(panels, p) = states;
    }
    SNN_HD LaneStates<typename M::State, lanes> start(const Place& p) const {
        return shape.begins() ? start_states<M, lanes>(constants, p) : stored.at(panels, p);
    }

    /// Step t of the neurons at p: saved[0] holds their input and is replaced.
    SNN_HD void step(const Place& p, std::size_t t,
                     LaneStates<typename M::State, lanes>& states) const {
        const std::size_t row = t * panel_width;
        const auto c = constants_at(constants, p);
        LaneRow<lanes> saved0(layer.saved[0].at(shape, p) + row);
        float sent[lanes];
        if constexpr (M::saved_count > 1) {
            LaneRow<lanes> saved1(layer.saved[1].at(shape, p) + row);
            SNN_LANES for (int l = 0; l < lanes; ++l) {
                float saved[2];
                sent[l] = M::step(c[l], states.lane[l], saved0[l], saved);
                saved0[l] = saved[0];
                saved1[l] = saved[1];
            }
            saved1.store();
        } else {
            SNN_LANES for (int l = 0; l < lanes; ++l) {
                float saved[1];
                sent[l] = M::step(c[l], states.lane[l], saved0[l], saved);
                saved0[l] = saved[0];
            }
        }
        saved0.store();
        if constexpr (NeuronsOf<N>::learn && has_held<M>) {
            if (layer.held.data) {
                LaneRow<lanes> held(layer.held.at(shape, p) + row);
                for (int l = 0; l < lanes; ++l) held[l] = M::held(states.lane[l]);
                held.store();
            }
        }
        if (layer.output.data) {
            LaneRow<lanes> dense(layer.output.at(shape, p) + row);
            for (int l = 0; l < lanes; ++l) dense[l] = sent[l];
            dense.store();
        }
        if (layer.kept) {
            const float* const kept = layer.kept_at(shape, p);
            for (int l = 0; l < lanes; ++l) sent[l] = sent[l] * kept[l];
        }
        send(p, t, sent);
    }

  private:
    SNN_HD void send(const Place& p, std::size_t t, const float (&sent)[lanes]) const {
        std::size_t first = p.panel * panel_width + static_cast<std::size_t>(p.lane);
        std::size_t at = p.sample * layer.size + first;
        if (layer.channels != layer.size) {
            const std::size_t per_place = panels_of(layer.channels), place = p.panel / per_place;
            first -= place * per_place * panel_width;
            at = p.sample * layer.size + place * layer.channels + first;
        }
        const std::size_t left = layer.channels > first ? layer.channels - first : 0;
        const int count = left < lanes ? static_cast<int>(left) : lanes;  // without the padding
        if constexpr (M::output == Output::spikes) {
            if (!layer.raw.bits) return;
            const std::size_t words = shape.words();
            std::uint32_t* word = layer.raw.bits + at * words + t / 32;
            const std::uint32_t bit = 1u << (t % 32);
            const std::uint32_t keep = t % 32 == 0 ? 0u : 0xFFFFFFFFu;
            if (words == 1 && count == lanes) {  // the same as below, in vector instructions
                SNN_LANES for (int l = 0; l < lanes; ++l) {
                    word[l] = (word[l] & keep) | (sent[l] != 0.0f ? bit : 0u);
                }
                return;
            }
            for (int l = 0; l < count; ++l, word += words) {
                *word = (*word & keep) | (sent[l] != 0.0f ? bit : 0u);
            }
        } else if constexpr (M::output == Output::values) {
            if (!layer.raw.values) return;
            float* value = layer.raw.values + at * shape.steps + t;
            for (int l = 0; l < count; ++l, value += shape.steps) *value = sent[l];
        }
    }
};

/// The surrogate derivative in use: which one, and its constants.
struct Surrogate {
    int kind = 0;  // index into Surrogates
    float constants[2] = {};
};

/// dS/dU of a row of lanes.
template <int Lanes, int Kind = 0>
SNN_HD inline void surrogate_row(const Surrogate& s, const float (&x)[Lanes], float (&d)[Lanes]) {
    if (s.kind == Kind) {
        using S = std::tuple_element_t<static_cast<std::size_t>(Kind), Surrogates::Types>;
        typename S::Constants c;
        if constexpr (!std::is_empty_v<typename S::Constants>) {
            static_assert(sizeof(c) <= sizeof(s.constants));
            __builtin_memcpy(&c, s.constants, sizeof(c));
        }
        SNN_LANES for (int l = 0; l < Lanes; ++l) d[l] = S::derivative(c, x[l]);
    } else if constexpr (Kind + 1 < static_cast<int>(std::tuple_size_v<Surrogates::Types>)) {
        surrogate_row<Lanes, Kind + 1>(s, x, d);
    }
}

/// What a model's neurons add up while they go backward: nothing, or where their constants are by
/// cell the gradient of those.
struct NoSums {};
template <class M>
struct SumsOfModel {
    using Type = NoSums;
};
template <LearnsParameters M>
struct SumsOfModel<M> {
    using Type = typename M::Sums;
};

/// Body over (sample, columns): runs the neurons backward through all steps.
template <class N, class Columns>
struct StepNeuronsBack {
    using M = typename NeuronsOf<N>::Model;
    using Constants = typename NeuronsOf<N>::Constants;
    static constexpr int lanes = width_of<Columns>;
    static constexpr bool learns = NeuronsOf<N>::learn;
    using Sums = typename SumsOfModel<M>::Type;
    using Kept = LaneStates<typename M::Adjoint, lanes>;  // from step to step

    BatchShape shape;
    std::size_t panels;
    Constants constants;
    Surrogate surrogate;
    LayerBuffers layer;
    const float* rate_gradient;    // [panel * panel_width + lane], added at every step, or null
    StoredSums<Sums> stored = {};  // of neurons that learn
    bool forgets = false;          // nothing comes back from the step after

    SNN_HD Place place(std::size_t i) const { return place_of<Columns>(i, shape.batch, panels); }
    SNN_HD void operator()(std::size_t i) const {
        const Place p = place(i);
        announce(p);
        (*this)(p);
    }
    SNN_HD void operator()(const Place& p) const {
        Kept adjoints;
        if constexpr (learns) {
            LaneSums<Sums, lanes> sums;
            for (std::size_t t = shape.steps; t-- > 0;) step_back(p, t, adjoints, sums);
            stored.store(p, sums);
        } else {
            NoSums none;
            for (std::size_t t = shape.steps; t-- > 0;) {
                if (forgets) adjoints = {};
                step_back(p, t, adjoints, none);
            }
        }
    }
    /// Says that the steps at p will be read soon: backward in time and forward in panels is no
    /// pattern that the hardware would follow.
    SNN_HD void announce(const Place& p) const {
        for (std::size_t t = 0; t < shape.steps; ++t)
            prefetch(layer.saved[0].at(shape, p) + t * panel_width);
    }
    /// One step, with the sums in memory between steps.
    SNN_HD void one_step_back(const Place& p, std::size_t t, Kept& adjoints) const {
        // The step before it, once the others are done with this one.
        if (t > 0) prefetch(layer.saved[0].at(shape, p) + (t - 1) * panel_width);
        if constexpr (learns) {
            LaneSums<Sums, lanes> sums;
            if (t + 1 < shape.steps) stored.load(p, sums);
            step_back(p, t, adjoints, sums);
            stored.store(p, sums);
        } else {
            NoSums none;
            step_back(p, t, adjoints, none);
        }
    }

  private:
    /// Step t of the neurons at p, backward: the gradient of their output is replaced by that of
    /// their input.
    template <class RowsOfSums>
    SNN_HD void step_back(const Place& p, std::size_t t,
                          LaneStates<typename M::Adjoint, lanes>& adjoints,
                          [[maybe_unused]] RowsOfSums& sums) const {
        const std::size_t row = t * panel_width;
        const auto c = constants_at(constants, p);
        LaneRow<lanes> saved0(layer.saved[0].at(shape, p) + row);
        LaneRow<lanes> saved1(layer.saved[M::saved_count > 1 ? 1 : 0].at(shape, p) + row);
        LaneRow<lanes> gradient(layer.gradient.at(shape, p) + row);
        float slope[lanes] = {};
        float of_event[lanes] = {};
        if (rate_gradient) {
            const float* extra = rate_gradient + p.panel * panel_width + p.lane;
            if constexpr (sends_graded_spikes<M>) {
                for (int l = 0; l < lanes; ++l) of_event[l] = extra[l];
            } else {
                SNN_LANES for (int l = 0; l < lanes; ++l) gradient[l] = gradient[l] + extra[l];
            }
        }
        if (layer.kept) {
            const float* const kept = layer.kept_at(shape, p);
            for (int l = 0; l < lanes; ++l) {
                gradient[l] = gradient[l] * kept[l];
                of_event[l] = of_event[l] * kept[l];
            }
        }
        if constexpr (has_threshold<M>) {
            float x[lanes];
            SNN_LANES for (int l = 0; l < lanes; ++l) {
                const float saved[2] = {saved0[l], M::saved_count > 1 ? saved1[l] : 0.0f};
                x[l] = M::distance(c[l], saved);
            }
            surrogate_row<lanes>(surrogate, x, slope);
        }
        [[maybe_unused]] const StatesBefore before = states_before(p, t, c);
        SNN_LANES for (int l = 0; l < lanes; ++l) {
            gradient[l] = lane_back(c[l], adjoints, before, sums, l, saved0[l],
                                    M::saved_count > 1 ? saved1[l] : 0.0f, gradient[l], slope[l],
                                    of_event[l]);
        }
        if constexpr (learns && requires(Sums & sum) { M::add_start({}, sum); }) {
            for (int l = 0; t == 0 && l < lanes; ++l) {
                Sums sum = sums.get(l);
                M::add_start(adjoints.lane[l], sum);
                sums.set(l, sum);
            }
        }
        gradient.store();
    }

    /// Of one neuron: dL/d(input). A function of its own, so that its structs are registers of the
    /// loop over lanes.
    template <class Before, class RowsOfSums>
    SNN_HD static float lane_back(const typename M::Constants& cell,
                                  LaneStates<typename M::Adjoint, lanes>& adjoints,
                                  [[maybe_unused]] const Before& before,
                                  [[maybe_unused]] RowsOfSums& sums, int l, float saved0,
                                  float saved1, float d_output, float slope,
                                  [[maybe_unused]] float of_event) {
        const float saved[2] = {saved0, saved1};
        [[maybe_unused]] const typename M::Adjoint later = adjoints.lane[l];
        float d_input = 0.0f;
        if constexpr (sends_graded_spikes<M>)
            d_input = M::backward(cell, adjoints.lane[l], saved, d_output, slope, of_event);
        else
            d_input = M::backward(cell, adjoints.lane[l], saved, d_output, slope);
        if constexpr (learns) {
            const StepBack<M> step{before.lane[l], saved, later,   adjoints.lane[l],
                                   d_output,       slope, of_event};
            Sums sum = sums.get(l);
            M::add_gradient(cell, step, sum);
            sums.set(l, sum);
        }
        return d_input;
    }

    /// At the start of step t.
    using StatesBefore = std::conditional_t<learns, LaneStates<typename M::State, lanes>, NoSums>;
    template <class C>
    SNN_HD StatesBefore states_before([[maybe_unused]] const Place& p,
                                      [[maybe_unused]] std::size_t t,
                                      [[maybe_unused]] const C& c) const {
        if constexpr (!learns) {
            return {};
        } else {
            if (t == 0) return start_states<M, lanes>(constants, p);
            const std::size_t row = (t - 1) * panel_width;
            LaneRow<lanes> saved0(layer.saved[0].at(shape, p) + row);
            LaneRow<lanes> saved1(layer.saved[M::saved_count > 1 ? 1 : 0].at(shape, p) + row);
            LaneRow<lanes> held((has_held<M> ? layer.held : layer.saved[0]).at(shape, p) + row);
            StatesBefore states;
            SNN_LANES for (int l = 0; l < lanes; ++l) {
                const float saved[2] = {saved0[l], M::saved_count > 1 ? saved1[l] : 0.0f};
                states.lane[l] = M::after(c[l], saved, held[l]);
            }
            return states;
        }
    }
};

/// Body over (sample, columns): the adjoint equations of Wunderlich & Pehle 2021 on the grid of the
/// steps, for cells with a current whose reset is to zero. dL/dv and dL/di go back as they decay
/// forward; where a cell fired, dL/dv jumps by what its time says: a spike that moves by a step
/// changes L by r[t+1] - r[t], r the dL/d(output) that targets pass back, and moves by -1 / slope
/// where v changes. The gradient of the output is replaced by that of the input, and the u of
/// spikes by the jumps.
template <class M, class Columns>
struct SpikeTimesBack {
    static constexpr int lanes = width_of<Columns>;
    /// From step to step.
    struct Kept {
        LaneStates<typename M::Adjoint, lanes> adjoints;
        float later[lanes] = {};  // dL/d(output) of the step after
    };

    StepNeuronsBack<M, Columns> cells;

    SNN_HD void operator()(std::size_t i) const {
        const Place p = cells.place(i);
        cells.announce(p);
        (*this)(p);
    }
    SNN_HD Place place(std::size_t i) const { return cells.place(i); }
    SNN_HD void announce(const Place& p) const { cells.announce(p); }
    SNN_HD void operator()(const Place& p) const {
        Kept kept;
        for (std::size_t t = cells.shape.steps; t-- > 0;) step_back(p, t, kept);
    }
    SNN_HD void one_step_back(const Place& p, std::size_t t, Kept& kept) const {
        if (t > 0) prefetch(cells.layer.saved[0].at(cells.shape, p) + (t - 1) * panel_width);
        step_back(p, t, kept);
    }

  private:
    SNN_HD void step_back(const Place& p, std::size_t t, Kept& kept) const {
        const auto c = constants_at(cells.constants, p);
        float* const u = cells.layer.saved[0].at(cells.shape, p) + t * panel_width;
        float* const passed = cells.layer.gradient.at(cells.shape, p) + t * panel_width;
        SNN_LANES for (int l = 0; l < lanes; ++l) {
            const float before = t > 0 ? (u - panel_width)[l] : 0.0f;
            const float now = passed[l];
            passed[l] =
                M::back_by_time(c[l], kept.adjoints.lane[l], before, u[l], kept.later[l] - now);
            kept.later[l] = now;
        }
    }
};

/// Two bodies over the same places, one after the other, while the data is in cache.
template <class First, class Second>
struct Then {
    First first;
    Second second;

    SNN_HD void operator()(std::size_t i) const {
        const Place p = first.place(i);
        if constexpr (requires { second.announce(p); }) second.announce(p);
        first(p);
        second(p);
    }
};
template <class First, class Second>
Then(First, Second) -> Then<First, Second>;

}  // namespace snnsim
