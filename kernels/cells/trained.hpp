// What a model provides that can be trained, beside `name`, `Params`, `Constants` and `prepare`
// (see model.hpp).
//
//   State            per neuron, zero at the start of a sample, or
//   start            optional: what it is then
//   output           what it sends
//   step             one time step: takes the summed input, returns what the neuron sends (a spike
//                    is 1) and writes `saved_count` floats that the backward step reads. A
//                    simulation takes the same step: see step_of_cell
//   Adjoint          per neuron, zero at the end of a sample
//   backward         the same step, backward: takes dL/d(output), returns dL/d(input)
//   distance         v - threshold from the saved floats: the argument of the surrogate derivative
//   membrane         what a recording of v shows, from the saved floats: the value at the end of
//   the step, after its reset (see shows_v)
//
// A model whose parameters can be trained (`trainable`) has besides
//
//   learns           their names
//   Sums             floats: dL/d(what a step is computed with), summed over the steps of a sample
//   held             optional: what of the state after a step `saved` does not tell, one float
//   after            the state after a step, from what it saved and held
//   add_gradient     adds what one step has to say to the sums
//   add_start        optional: adds what the start of a sample has to say
//   chain            dL/d(parameters) from the sums, in double
//
// step and backward take the spike function as a template argument; it is the Heaviside function
// except in tests that check gradients against finite differences of a smooth one.
#pragma once

#include <concepts>
#include <cstdint>

#include "kernels/fields.hpp"
#include "kernels/host_device.hpp"

namespace snnsim {

/// What a population sends to its targets.
enum class Output : std::uint8_t {
    spikes,  // 0 or 1
    values,  // any float; 0 is silence
    trace,   // nothing: its value is read by the loss only
};

enum class Reset : std::uint8_t { subtract, zero, none };
template <>
struct Names<Reset> {
    static constexpr std::array values{"subtract", "zero", "none"};
};

enum class ResetAt : std::uint8_t { same_step, next_step };
template <>
struct Names<ResetAt> {
    static constexpr std::array values{"same_step", "next_step"};
};

enum class Integration : std::uint8_t { exact, euler };
template <>
struct Names<Integration> {
    static constexpr std::array values{"exact", "euler"};
};

/// A model that fires by a threshold: it sends spikes, or values in its spikes (`graded_spikes`).
/// Its backward step takes a surrogate derivative; that of graded spikes also dL/d(spike).
template <class M>
inline constexpr bool sends_graded_spikes = requires {
    M::graded_spikes;
};
template <class M>
inline constexpr bool has_threshold = M::output == Output::spikes || sends_graded_spikes<M>;

/// What a recording of v shows, in words.
template <class M>
const char* shows_v(const typename M::Params& params) {
    if constexpr (!has_threshold<M>) {
        return "at the end of each step";
    } else {
        if constexpr (requires { params.reset_at; }) {
            if (params.reset_at == ResetAt::next_step)
                return "at the end of each step, before the reset, which comes in the next step";
        }
        return "at the end of each step, after the reset of a spike in it";
    }
}

/// s = 1 where v reaches the threshold.
struct Heaviside {
    SNN_HD static float spike(float distance) { return distance >= 0.0f ? 1.0f : 0.0f; }
};

/// What add_gradient is told of a step.
template <class M>
struct StepBack {
    typename M::State before;        // at the start of the step
    const float* saved;              // by the step
    typename M::Adjoint later, now;  // before and after `backward`
    float d_output, surrogate;       // as `backward` had them
    float d_event = 0.0f;            // where it has one
};

template <class M>
concept NeuronModel = requires(const typename M::Params& params,
                               const typename M::Constants& constants, typename M::State& state,
                               typename M::Adjoint& adjoint, float x, float* saved) {
    { M::name } -> std::convertible_to<const char*>;
    { M::output } -> std::convertible_to<Output>;
    { M::saved_count } -> std::convertible_to<int>;
    { M::prepare(params, 1.0) } -> std::same_as<typename M::Constants>;
    { M::step(constants, state, x, saved) } -> std::same_as<float>;
    { M::distance(constants, saved) } -> std::same_as<float>;
    { M::membrane(constants, saved) } -> std::same_as<float>;
    { M::backward(constants, adjoint, saved, x, x) } -> std::same_as<float>;
    M::Params::fields();
};

/// Its parameters can be trained.
template <class M>
concept LearnsParameters = NeuronModel<M> && requires {
    M::learns;
};
/// See `held`.
template <class M>
inline constexpr bool has_held = requires(const typename M::State& state) {
    M::held(state);
};

}  // namespace snnsim
