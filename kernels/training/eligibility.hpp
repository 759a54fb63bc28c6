// Eligibility of synapses: the derivative of a cell's state by each of its weights, carried forward
// with the steps of a sample (Bellec et al. 2020, Bohnstingl et al. 2022). A step of a model's
// backward pass is linear in what it takes, the adjoint a of the state after the step and dL/dz:
//     a' = D^T a + psi dL/dz,   dL/d(input) = b^T a + phi dL/dz.
// Turned around it says how a change of the input x goes on: of the state, e' = D e + b x, and of
// what is sent, psi e + phi x. So every model that can be trained has an eligibility.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>

#include "kernels/training/sent.hpp"
#include "kernels/training/step_neurons.hpp"
#include "kernels/training/sum_inputs.hpp"

namespace snnsim {

/// Numbers that a model's adjoint has.
template <class M>
inline constexpr int state_count = std::is_empty_v<typename M::Adjoint>
                                       ? 0
                                       : static_cast<int>(sizeof(typename M::Adjoint) /
                                                          sizeof(float));
/// By how much the trace of a source decays in a step for targets of model M: as their membrane
/// forgets an input. None: no single number says that.
template <class M>
std::optional<float> trace_decay(const typename M::Constants& constants) {
    if constexpr (state_count<M> == 0) {
        return 0.0f;
    } else if constexpr (state_count<M> == 1 && requires { constants.decay; }) {
        return constants.decay;
    } else {
        return std::nullopt;
    }
}

/// Numbers of a cell in a step: D, b, psi, phi and dL/dz, in this order.
SNN_HD constexpr int slope_count(int states) {
    return states * states + 2 * states + 2;
}

/// Body over (sample, columns): the numbers of each step, from what the forward pass saved and
/// dL/d(output), each in a plane of its own.
template <class N, class Columns>
struct FindSlopes {
    using M = typename NeuronsOf<N>::Model;
    static constexpr int lanes = width_of<Columns>;
    static constexpr int states = state_count<M>;

    StepNeuronsBack<N, Columns> cells;
    float* slopes;      // [number], each as dL/d(output) is
    std::size_t plane;  // floats of a number

    SNN_HD void operator()(std::size_t i) const {
        const Place p = cells.place(i);
        for (std::size_t t = 0; t < cells.shape.steps; ++t) step(p, t);
    }

  private:
    SNN_HD void step(const Place& p, std::size_t t) const {
        const LayerBuffers& layer = cells.layer;
        const std::size_t row = t * panel_width;
        const auto c = constants_at(cells.constants, p);
        const float* const saved0 = layer.saved[0].at(cells.shape, p) + row;
        const float* const saved1 =
            layer.saved[M::saved_count > 1 ? 1 : 0].at(cells.shape, p) + row;
        const float* const gradient = layer.gradient.at(cells.shape, p) + row;
        float* const to = TracePanels{slopes}.at(cells.shape, p) + row;
        float slope[lanes] = {};
        if constexpr (has_threshold<M>) {
            float x[lanes];
            for (int l = 0; l < lanes; ++l) {
                const float saved[2] = {saved0[l], saved1[l]};
                x[l] = M::distance(c[l], saved);
            }
            surrogate_row<lanes>(cells.surrogate, x, slope);
        }
        for (int l = 0; l < lanes; ++l) {
            const float saved[2] = {saved0[l], saved1[l]};
            const float kept = layer.kept ? layer.kept_at(cells.shape, p)[l] : 1.0f;
            const auto put = [&](int number, float value) {
                to[static_cast<std::size_t>(number) * plane + static_cast<std::size_t>(l)] = value;
            };
            for (int m = 0; m <= states; ++m) {
                const bool of_output = m == states;
                float a[states > 0 ? states : 1] = {};
                if (!of_output) a[m] = 1.0f;
                const float input = back(c[l], saved, of_output ? kept : 0.0f, slope[l], a);
                for (int n = 0; n < states; ++n)
                    put(of_output ? states * states + states + n : m * states + n, a[n]);
                put(of_output ? states * states + 2 * states : states * states + m, input);
            }
            put(slope_count(states) - 1, gradient[l]);
        }
    }
    /// A step back; `a` goes in and comes out.
    SNN_HD static float back(const typename M::Constants& c, const float* saved, float d_output,
                             float slope, float* a) {
        typename M::Adjoint adjoint{};
        if constexpr (states > 0)
            __builtin_memcpy(static_cast<void*>(&adjoint), a, sizeof(adjoint));
        float input = 0.0f;
        if constexpr (sends_graded_spikes<M>)
            input = M::backward(c, adjoint, saved, d_output, slope, 0.0f);
        else
            input = M::backward(c, adjoint, saved, d_output, slope);
        if constexpr (states > 0) __builtin_memcpy(a, &adjoint, sizeof(adjoint));
        return input;
    }
};

/// Body over (block of weight rows, columns): gradient += sum over samples and steps of dL/dz times
/// the eligibility, low-passed by `decay`. One call owns its elements and takes samples in
/// ascending order. States: of the target's model.
template <class Columns, int States>
struct EligibilityGradient {
    static constexpr int kept_count = States + 1;  // e, and it low-passed

    BatchShape shape;
    std::size_t panels;
    std::size_t block;    // weight rows a call
    RawOutput raw;        // of the sources, as it arrives
    const float* slopes;  // see FindSlopes
    std::size_t plane;
    float decay;
    float* kept;  // [panel][sample][row][kept_count][panel_width]; null: no steps before or after
    WeightPanels gradient;

    SNN_HD std::size_t blocks() const { return (gradient.rows + block - 1) / block; }
    SNN_HD std::size_t size() const {
        return blocks() * panels * (panel_width / width_of<Columns>);
    }
    SNN_HD void operator()(std::size_t i) const {
        constexpr std::size_t parts = panel_width / width_of<Columns>;
        const std::size_t column = i % (panels * parts);
        const std::size_t first = i / (panels * parts) * block;
        const std::size_t last = first + block < gradient.rows ? first + block : gradient.rows;
        Place p{0, column / parts, static_cast<int>(column % parts) * width_of<Columns>};
        for (; p.sample < shape.batch; ++p.sample) {
            for (std::size_t row = first; row < last; ++row) add_row(p, row);
        }
    }

  private:
    struct Kept {
        Columns value[kept_count];
    };

    SNN_HD void add_row(const Place& p, std::size_t row) const {
        Kept now;
        for (int m = 0; m < kept_count; ++m) now.value[m] = broadcast(0.0f, Columns{});
        const bool bias = row == gradient.sources;
        const std::size_t source = p.sample * gradient.sources + row;
        if (shape.begins()) {
            if (!bias && silent(source)) {
                if (!shape.ends()) store(p, row, now);
                return;
            }
        } else {
            float* const at = kept_at(p, row);
            for (int m = 0; m < kept_count; ++m)
                now.value[m] = load_columns(at + m * panel_width, Columns{});
        }
        const float* at = TracePanels{const_cast<float*>(slopes)}.at(shape, p);
        Columns sum = broadcast(0.0f, Columns{});
        for (std::size_t t = 0; t < shape.steps; ++t, at += panel_width)
            sum = step(at, bias ? 1.0f : sent_at(raw, shape, source, t), now, sum);
        float* const to = gradient.at(p.panel, row, p.lane);
        store_columns(to, add(load_columns(to, Columns{}), sum));
        if (!shape.ends()) store(p, row, now);
    }
    SNN_HD Columns step(const float* at, float x, Kept& now, Columns sum) const {
        const auto number = [&](int n) {
            return load_columns(at + static_cast<std::size_t>(n) * plane, Columns{});
        };
        const Columns value = broadcast(x, Columns{}), zero = broadcast(0.0f, Columns{});
        Columns sent = fused(value, number(States * States + 2 * States), zero);
        Columns next[States > 0 ? States : 1];
        for (int m = 0; m < States; ++m) {
            next[m] = fused(value, number(States * States + m), zero);
            for (int n = 0; n < States; ++n)
                next[m] = fused(number(m * States + n), now.value[n], next[m]);
            sent = fused(number(States * States + States + m), now.value[m], sent);
        }
        for (int m = 0; m < States; ++m) now.value[m] = next[m];
        Columns& passed = now.value[States];
        passed = fused(broadcast(decay, Columns{}), passed, sent);
        return fused(number(slope_count(States) - 1), passed, sum);
    }
    SNN_HD float* kept_at(const Place& p, std::size_t row) const {
        const std::size_t at = (p.panel * shape.batch + p.sample) * gradient.rows + row;
        return kept + at * kept_count * panel_width + p.lane;
    }
    SNN_HD void store(const Place& p, std::size_t row, const Kept& now) const {
        float* const at = kept_at(p, row);
        for (int m = 0; m < kept_count; ++m) store_columns(at + m * panel_width, now.value[m]);
    }
    SNN_HD bool silent(std::size_t source) const {
        for (std::size_t w = 0; raw.bits && w < shape.words(); ++w)
            if (raw.bits[source * shape.words() + w] != 0) return false;
        for (std::size_t t = 0; raw.values && t < shape.steps; ++t)
            if (raw.values[source * shape.steps + t] != 0.0f) return false;
        return true;
    }
};

}  // namespace snnsim
