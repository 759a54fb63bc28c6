// What a plasticity rule provides. A new rule is one file with these members plus its entry in
// all.hpp; the model file, delivery, recording and checkpoints follow from it.
//
//   name                      how the model file calls it
//   Params, fields()          parameters with defaults, units, limits and help
//   pre_traces, post_traces   how many traces a source and a target keep
//   pairs_once                true: a postsynaptic spike uses the presynaptic trace up, so that
//                             each synapse keeps its own
//   taus(params)              time constants of the traces, ms: those of the source first
//   Constants, prepare        what the updates need, computed once on the host in double
//   bumped(c, x)              what a spike makes of a trace
//   bumped_post(c, x)         optional: of a trace of the target, where that differs
//   bump_pre, bump_post       instead: what a spike makes of all traces of a side, see
//   BumpsTogether arrive(c, w, pre, post)   what the arrival of a presynaptic spike adds to the
//   weight w fire(c, w, pre, post)     what a spike of the target adds arrival_bound(c, pre)
//   optional, of rules where |arrive| <= this times post[0], for any
//                             weight and traces up to `pre`: arrivals at synapses whose target has
//                             long been silent then cost nothing
//   potentiation, depression  optional, of rules that go by the target's voltages and not by its
//                             spikes: see clopath.hpp. A step in which potentiation is above 0 then
//                             counts as a spike of the target with that as its trace, and an
//                             arrival finds depression as the trace
//   eligibility(params)       optional: what is added waits for a reward (see reward.hpp)
//   variable_tau(params)      optional: a synapse may keep a variable that decays by itself, which
//                             arrive and fire are given too; see equation_rule.hpp
//
// Weights and what is added are in units of w_max; what leaves w_min to 1 is put back. Traces are
// given as they were just before the spikes of that time.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>

#include "kernels/fields.hpp"
#include "kernels/host_device.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/fused.hpp"

namespace snnsim {

/// Which spikes form pairs: all, or each with the nearest one of the other side before it.
enum class Pairing : std::uint8_t { all_to_all, nearest };
template <>
struct Names<Pairing> {
    static constexpr std::array values{"all_to_all", "nearest"};
};

/// A trace counts all spikes, or knows the last one.
SNN_HD inline float bumped_trace(Pairing pairing, float x) {
    return pairing == Pairing::nearest ? 1.0f : x + 1.0f;
}

/// x^mu for x >= 0 and mu > 0.
SNN_HD inline float power_of(float x, float mu) {
    return x < 1e-30f ? 0.0f : exact_exp(mu * exact_log(x));
}

/// Goes by the target's v, u_bar_plus and u_bar_minus.
template <class R>
concept ReadsVoltages = requires(const typename R::Constants& constants) {
    { R::potentiation(constants, 0.0f, 0.0f) } -> std::same_as<float>;
    { R::depression(constants, 0.0f) } -> std::same_as<float>;
};

/// Has as many traces as its constants say, up to pre_traces and post_traces; what a spike makes of
/// one may depend on the others of that side.
template <class R>
concept BumpsTogether = requires(const typename R::Constants& c, const float* before,
                                 float* after) {
    R::bump_pre(c, before, after);
    R::bump_post(c, before, after);
    { R::pre_count(c) } -> std::same_as<int>;
    { R::post_count(c) } -> std::same_as<int>;
};

/// Synapses may keep a variable each; constants say whether they do.
template <class R>
concept KeepsVariable = BumpsTogether<R> &&
    requires(const typename R::Params& params, const typename R::Constants& c, const float* traces,
             float* own) {
    { R::variable_tau(params) } -> std::same_as<double>;
    { R::has_variable(c) } -> std::same_as<bool>;
    { R::arrive(c, 0.5f, traces, traces, own) } -> std::same_as<float>;
    { R::fire(c, 0.5f, traces, traces, own) } -> std::same_as<float>;
    { R::rewarded(c, 0.5f, 1.0f, own) } -> std::same_as<float>;
};

template <class R>
concept ChangesWeights = KeepsVariable<R> ||
    requires(const typename R::Constants& constants, const float* traces) {
    { R::bumped(constants, 0.0f) } -> std::same_as<float>;
    { R::arrive(constants, 0.5f, traces, traces) } -> std::same_as<float>;
    { R::fire(constants, 0.5f, traces, traces) } -> std::same_as<float>;
};

template <class R>
concept PlasticityRule = ChangesWeights<R> && requires(const typename R::Params& params) {
    { R::name } -> std::convertible_to<const char*>;
    { R::pairs_once } -> std::convertible_to<bool>;
    {
        R::taus(params)
        } -> std::same_as<std::array<double, std::size_t{R::pre_traces} + R::post_traces>>;
    { R::prepare(params) } -> std::same_as<typename R::Constants>;
    R::Params::fields();
};

}  // namespace snnsim
