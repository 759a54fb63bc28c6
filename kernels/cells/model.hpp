// What a cell model of the event-driven engine provides. A new model is one file with these members
// plus its entry in all.hpp; the model file, recording, checkpoints and tests follow from it.
//
//   name              how the model file calls it
//   input_unit        unit of the weights that arrive: "pA", "mV", "nS" or "" (the model's own)
//   receptors         how many inputs are summed apart: 2 keeps positive (0) and negative (1)
//                     weights apart, 1 sums them together, 0 takes none (a source)
//   named_receptors   optional: that many, with a name and a unit each. A projection then says
//   which
//                     of them its weights reach, whatever their sign; those in nS take none below 0
//   Params, fields()  parameters with defaults, units, limits and help
//   Constants         what the step needs: floats only, computed once on the host in double
//   State, states()   floats per cell that last from step to step, with names and units
//   shares_receptor   optional: true when two receptors act alike and may be summed into the first
//   current_of_rate   optional: what `scale` needs to make up for lost input
//   rest              the state at time 0 where the model file says nothing
//   current_unit      optional: unit of the currents of stimuli; otherwise that of the parameter
//                     i_e
//   fires             optional, false: nothing makes a cell of this model fire
//   settable_rate     optional, true: a source whose parameter `rate` may change while it runs
//   plays             optional, true: a source whose spikes are given, see Engine::play
//   largest_value     optional: the model sends graded spikes, none greater in size than this
//   never_fires       optional, of models with uses_random: true when, without a stimulus, no
//   random
//                     number makes a cell fire or changes its state
//   is_strong,        optional: where the state needs it, step_strong is taken for step, of which
//   it step_strong       is an extension: where is_strong is false, both do the same to the bit
//   parts_before,     optional: step_part is called so many times before each step, with the
//   step_part         current; the same number for all cells of a population
//   longest_dt        optional: the longest dt, in ms, that the model can be stepped by
//   gap_state         optional: the state variable that gap junctions couple, where it is not v
//   set_bounds        optional: between what values the states stay, whatever arrives; see
//   Surroundings step              one time step of dt; returns what the cell sends: 0 nothing, 1 a
//   spike, or
//                     the value of a graded spike. The same from the same state and input, of which
//                     `random` and `step` count only with uses_random. A model that can be trained
//                     (trained.hpp) has the trainer's step instead, which step_of_cell makes use of
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <utility>

#include "kernels/cells/trained.hpp"
#include "kernels/fields.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/flushed.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// Receptors of a cell, at most.
inline constexpr int most_receptors = 16;

/// What reaches a cell in one step.
struct CellInput {
    float receptor_0 = 0.0f;  // spikes that arrive at the end of the step: sums of weights
    float receptor_1 = 0.0f;
    float current = 0.0f;      // of stimuli, constant through the step
    std::uint32_t random = 0;  // for models with uses_random: uniform in 0 .. 2^32 - 1
    std::uint32_t step = 0;    // with uses_random: from 0 at the start of the simulation
    // Of models with named receptors. Members, not an array: that would stay in memory.
    float receptor_2 = 0.0f;
    float receptor_3 = 0.0f;

    template <int R>
    SNN_HD float& receptor() {
        static_assert(R < 4, "a member more, and a line here");
        if constexpr (R == 0) return receptor_0;
        if constexpr (R == 1) return receptor_1;
        if constexpr (R == 2) return receptor_2;
        if constexpr (R == 3) return receptor_3;
    }
};

/// See named_receptors.
struct NamedReceptor {
    const char* name;
    const char* unit;  // of its weights
};

/// One float of a cell's state. `origin` is added where a user reads or writes it: a membrane that
/// is kept relative to rest has more digits.
template <class State, class Constants>
struct StateField {
    const char* name;
    float State::*member;
    const char* unit;
    const char* help;
    float Constants::*origin = nullptr;
    const char* start = "0";  // what `rest` gives, in words

    constexpr StateField(const char* name, float State::*member, const char* unit, const char* help,
                         float Constants::*origin = nullptr, const char* start = "0")
        : name(name), member(member), unit(unit), help(help), origin(origin), start(start) {}
};

/// What the cells of a population are given: currents of stimuli and initial states, at the least
/// and at the most.
template <class State>
struct Surroundings {
    double least_current = 0.0, greatest_current = 0.0;  // never and always on count too
    State least{}, greatest{};                           // at time 0
};

/// It has a step of cells.
template <class M>
concept HasCellStep = requires(const typename M::Constants& constants, typename M::State& state,
                               const CellInput& input) {
    { M::step(constants, state, input) } -> std::same_as<float>;
};

template <class M>
concept CellModel = (HasCellStep<M> ||
                     NeuronModel<M>)&&requires(const typename M::Params& params,
                                               const typename M::Constants& constants,
                                               typename M::State& state, const CellInput& input) {
    { M::name } -> std::convertible_to<const char*>;
    { M::input_unit } -> std::convertible_to<const char*>;
    { M::receptors } -> std::convertible_to<int>;
    { M::uses_random } -> std::convertible_to<bool>;
    { M::prepare(params, 1.0) } -> std::same_as<typename M::Constants>;
    { M::rest(params, constants) } -> std::same_as<typename M::State>;
    M::Params::fields();
    M::states();
};

/// See named_receptors.
template <CellModel M>
inline constexpr bool has_named_receptors = requires {
    M::named_receptors;
};

/// See is_strong.
template <CellModel M>
inline constexpr bool has_strong = requires(const typename M::Constants& constants,
                                            typename M::State& state, const CellInput& input) {
    { M::is_strong(constants, state) } -> std::same_as<bool>;
    { M::step_strong(constants, state, input) } -> std::same_as<float>;
};

/// See parts_before.
template <CellModel M>
inline constexpr bool has_parts = requires(const typename M::Constants& constants,
                                           typename M::State& state, const CellInput& input) {
    { M::parts_before(constants) } -> std::same_as<int>;
    M::step_part(constants, state, input);
};

/// A source whose rates can be set while it runs.
template <CellModel M>
inline constexpr bool rate_can_be_set = requires {
    M::settable_rate;
};

/// A source whose spikes are given: they come to it as its current.
template <CellModel M>
inline constexpr bool plays = requires {
    M::plays;
};

/// Its spikes carry values, by which weights are multiplied.
template <CellModel M>
inline constexpr bool sends_graded = requires(const typename M::Params& params) {
    M::largest_value(params);
};

template <class M, std::size_t K>
inline constexpr auto state_member = field_at<K>(M::states()).member;

/// A step of a cell. That of a model which can be trained is the trainer's step, with the same bits
/// from the same input, but that what would become denormal is 0, and values end at y_max.
template <CellModel M>
SNN_HD inline float step_of_cell(const typename M::Constants& c, typename M::State& s,
                                 const CellInput& in) {
    if constexpr (HasCellStep<M>) {
        return M::step(c, s, in);
    } else {
        float input = in.current;
        if constexpr (requires { c.i_e; }) input = c.i_e + input;
        float saved[M::saved_count];
        float sent = M::step(c, s, in.receptor_0 + input, saved);
        // By constants: a device reads no table of members.
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            ((s.*state_member<M, K> = flushed(s.*state_member<M, K>)), ...);
        }
        (std::make_index_sequence<M::states().size>());
        if constexpr (M::output == Output::trace) return 0.0f;
        if constexpr (requires { c.y_max; })
            sent = sent > c.y_max ? c.y_max : sent < -c.y_max ? -c.y_max : sent;
        return sent;
    }
}

}  // namespace snnsim
