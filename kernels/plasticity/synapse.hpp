// One plastic synapse through time. Its weight is looked at when a presynaptic spike arrives: first
// the target's spikes since the last look are applied in their order, then the arrival. So a row is
// walked once a presynaptic spike, and a spike of the target costs an entry in a list.
//
// Times are steps of arrival. A spike of the target in step s reaches a synapse of lag L at s + L.
// Axonal delay: L = 0, and of one step the arrival comes first. Dendritic delay d: the presynaptic
// spike reached the synapse d steps before its effect arrives, the target's spike d steps after it
// was fired: L = 2 d, and of one step the target's spike comes first. Spikes of one step are no
// pair: both see the traces as they were before.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/plasticity/decay.hpp"
#include "kernels/plasticity/model.hpp"

namespace snnsim {

/// A weight in units of w_max, as a whole number of 2^-30: sums of many small changes keep their
/// digits, which a float would lose.
using PlasticWeight = std::int32_t;
inline constexpr float weight_one = 1073741824.0f;

SNN_HD inline float in_w_max(PlasticWeight w) {
    return static_cast<float>(w) * (1.0f / weight_one);
}

/// A spike of a target, and its traces just before.
template <class R>
struct PostSpike {
    std::uint32_t at;
    float before[R::post_traces > 0 ? R::post_traces : 1];

    SNN_HD std::int64_t step() const { return at; }
};

/// The last low-passed voltages of targets: `length` steps (a power of two) for each, in turn.
struct LateVoltages {
    float *plus = nullptr, *minus = nullptr;
    std::uint32_t length = 1;

    SNN_HD std::size_t place(std::uint32_t target, std::int64_t step) const {
        return std::size_t{target} * length + (static_cast<std::uint64_t>(step) & (length - 1));
    }
};

/// The last spikes of the targets of a block: `capacity` (a power of two) for each, in turn.
template <class R>
struct PostSpikes {
    PostSpike<R>* spikes;
    std::uint32_t* count;  // ever noted, by target
    std::uint32_t capacity;
    LateVoltages voltages = {};  // of rules that go by them

    SNN_HD PostSpike<R>& at(std::uint32_t target, std::uint32_t k) const {
        return spikes[static_cast<std::size_t>(target) * capacity + (k & (capacity - 1))];
    }
    SNN_HD std::uint32_t oldest(std::uint32_t target) const {
        return count[target] > capacity ? count[target] - capacity : 0;
    }
};

/// The last arrival from a source, and its traces just before.
template <class R>
struct LastArrival {
    std::uint32_t steps = 0;  // done with it; 0: none yet
    float before[R::pre_traces > 0 ? R::pre_traces : 1] = {};

    SNN_HD std::int64_t step() const { return static_cast<std::int64_t>(steps) - 1; }
};

/// Changes wait in a trace of each synapse; see Eligibility.
template <class R>
concept Modulated = requires(const typename R::Params& params) {
    R::eligibility(params);
};

/// An arrival changes nothing where the target has long been silent.
template <class R>
concept QuietWithoutPosts = requires(const typename R::Constants& c, const double* pre) {
    R::arrival_bound(c, pre);
}
&&!R::pairs_once && !Modulated<R>;

/// Changes that wait, since the start of the interval under way. `own` is the trace as it would be
/// without decay, so that a change at step s, whose end is its time, counts growth[s % interval +
/// 1]; the reward likewise. When the interval ends the weight gets all of `own` for all of the
/// interval. What is too much, for the time before a change, is taken off with the change.
struct Waiting {
    const float* growth = nullptr;
    const float* rewarded = nullptr;  // [steps]: integral of the decay of trace times reward, in s
    const float* waited = nullptr;    // [steps]: of the trace
    std::int64_t interval = 1;
    float reward = 0.0f, baseline = 0.0f;

    /// What the first `steps` of the interval give a weight for an `own` of 1.
    SNN_HD float gain(std::int64_t steps) const {
        return fused(reward, rewarded[steps], -baseline * waited[steps]);
    }
};

template <class R>
struct RuleConstants {
    typename R::Constants rule;
    PlasticWeight low = 0, high = 1 << 30;  // w_min, w_max
    float learning_rate = 1.0f;
    bool dendritic = false;
    Waiting waiting;
    Decay pre[R::pre_traces > 0 ? R::pre_traces : 1];
    Decay post[R::post_traces > 0 ? R::post_traces : 1];
    // Of rules whose synapses may keep a variable:
    Decay variable;
    bool plastic = true;         // weights change
    std::int64_t rewarded = -1;  // with the end of this step a reward changed all variables

    SNN_HD PlasticWeight bounded(std::int64_t w) const {
        return static_cast<PlasticWeight>(w < low ? low : w > high ? high : w);
    }
    SNN_HD PlasticWeight changed(PlasticWeight w, float change) const {
        const float steps = change * learning_rate * weight_one;
        const float most = steps < -weight_one  ? -weight_one
                           : steps > weight_one ? weight_one
                                                : steps;
        return bounded(w + static_cast<std::int64_t>(std::floor(most + 0.5f)));
    }

    /// What a rule adds in step `at`, to the weight or to what waits.
    SNN_HD void apply(PlasticWeight& w, float* own, float change, std::int64_t at) const {
        if constexpr (Modulated<R>) {
            const std::int64_t since = at % waiting.interval + 1;
            const float grown = change * waiting.growth[since];
            *own += grown;
            w = changed(w, -grown * waiting.gain(since));
        } else {
            w = changed(w, change);
        }
    }

    /// The same of rules whose synapses may keep a variable, which the event has changed already.
    SNN_HD void take(PlasticWeight& w, float change) const {
        if (plastic) w = changed(w, change);
    }
    /// Lets the variable of a synapse decay, which was last changed in step `since`.
    SNN_HD void age(float* own, std::int64_t since, std::int64_t at) const {
        if (own) *own = flushed(*own * variable(at - since));
    }

    /// The traces of a source at `step`, no earlier than its last arrival.
    SNN_HD void pre_at(const LastArrival<R>& last, std::int64_t step, float* traces) const {
        if constexpr (BumpsTogether<R>) {
            const bool decays = last.steps > 0 && step != last.step();
            for (int k = 0; k < R::pre_traces; ++k)
                traces[k] = last.steps == 0 ? 0.0f : last.before[k];
            if (!decays) return;
            R::bump_pre(rule, last.before, traces);
            const int count = R::pre_count(rule);
            for (int k = 0; k < count; ++k)
                traces[k] = flushed(traces[k] * pre[k](step - last.step()));
        } else {
            for (int k = 0; k < R::pre_traces; ++k)
                traces[k] =
                    last.steps == 0 ? 0.0f
                    : step == last.step()
                        ? last.before[k]
                        : flushed(R::bumped(rule, last.before[k]) * pre[k](step - last.step()));
        }
    }
    /// The traces of a target `age` steps after a spike.
    SNN_HD void post_after(const PostSpike<R>& last, std::int64_t age, float* traces) const {
        if constexpr (BumpsTogether<R>) {
            R::bump_post(rule, last.before, traces);
            const int count = R::post_count(rule);
            for (int k = 0; k < count; ++k) traces[k] = flushed(traces[k] * post[k](age));
        } else {
            for (int k = 0; k < R::post_traces; ++k)
                traces[k] = flushed(bumped_post(last.before[k]) * post[k](age));
        }
    }

  private:
    SNN_HD float bumped_post(float x) const {
        if constexpr (requires { R::bumped_post(rule, x); }) {
            return R::bumped_post(rule, x);
        } else {
            return R::bumped(rule, x);
        }
    }
};

/// The synapses of a row that get their spikes at one time, in one block.
template <class R>
struct SegmentTime {
    LastArrival<R> last;
    std::int64_t lag;   // L of above
    std::int64_t done;  // the target's spikes that reach the synapses earlier are done
};

/// The step in which the variable of a synapse was last changed. `applied`: the last spike of the
/// target that has reached it; null where there was none.
template <KeepsVariable R>
SNN_HD inline std::int64_t last_changed(const RuleConstants<R>& c, const SegmentTime<R>& at,
                                        const PostSpike<R>* applied) {
    std::int64_t step = at.last.step();
    if (c.rewarded > step) step = c.rewarded;
    if (applied && applied->step() + at.lag > step) step = applied->step() + at.lag;
    return step;
}

/// Applies the target's spikes that reach the synapse before step `end_step`; the place of the
/// first that does not.
template <class R>
SNN_HD inline std::uint32_t catch_up(const RuleConstants<R>& c, const SegmentTime<R>& at,
                                     std::int64_t end_step, const PostSpikes<R>& posts,
                                     std::uint32_t target, PlasticWeight& w, float* own) {
    const std::int64_t until = end_step - at.lag;
    const std::int64_t from = at.done - at.lag;
    const std::uint32_t oldest = posts.oldest(target);
    std::uint32_t end = posts.count[target];
    while (end > oldest && posts.at(target, end - 1).step() >= until) --end;
    std::uint32_t k = end;
    while (k > oldest && posts.at(target, k - 1).step() >= from) --k;
    [[maybe_unused]] const PostSpike<R>* applied = k > oldest ? &posts.at(target, k - 1) : nullptr;
    for (; k < end; ++k) {
        const PostSpike<R>& spike = posts.at(target, k);
        const std::int64_t reached = spike.step() + at.lag;
        float pre[R::pre_traces > 0 ? R::pre_traces : 1];
        if constexpr (R::pairs_once) {
            LastArrival<R> mine = at.last;
            mine.before[0] = *own;
            c.pre_at(mine, reached, pre);
            if (at.last.steps > 0) *own = reached == at.last.step() ? 0.0f : -1.0f;  // bumped: 0
        } else {
            c.pre_at(at.last, reached, pre);
        }
        if constexpr (KeepsVariable<R>) {
            c.age(own, last_changed(c, at, applied), reached);
            c.take(w, R::fire(c.rule, in_w_max(w), pre, spike.before, own));
            applied = &spike;
        } else {
            c.apply(w, own, R::fire(c.rule, in_w_max(w), pre, spike.before), reached);
        }
    }
    return end;
}

/// Steps for which low-passed voltages are kept.
template <ReadsVoltages R>
inline std::uint32_t late_length(const RuleConstants<R>& c, std::int64_t longest_lag) {
    return std::bit_ceil(static_cast<std::uint32_t>(c.rule.late + longest_lag + 2));
}

/// Step t of a target is over, whose voltages are these: what it adds to weights; see
/// R::potentiation.
template <ReadsVoltages R>
SNN_HD inline float voltage_at(const RuleConstants<R>& c, const LateVoltages& late,
                               std::uint32_t target, std::int64_t t, float v, float u_bar_plus,
                               float u_bar_minus) {
    late.plus[late.place(target, t)] = u_bar_plus;
    late.minus[late.place(target, t)] = u_bar_minus;
    return R::potentiation(c.rule, v, late.plus[late.place(target, t - c.rule.late)]);
}

/// What an arrival in step `now` makes of a weight to which all that came before has been applied.
/// `last`: the target's last spike before; null where there was none. A variable of the synapse has
/// been brought to that step.
template <class R>
SNN_HD inline void arrive_after(const RuleConstants<R>& c, const SegmentTime<R>& at,
                                std::int64_t now, const float* pre, const PostSpikes<R>& posts,
                                std::uint32_t target, const PostSpike<R>* last, PlasticWeight& w,
                                float* own) {
    float post[R::post_traces > 0 ? R::post_traces : 1] = {};
    if constexpr (ReadsVoltages<R>) {
        // Of one step the arrival comes before the target's, with dendritic delay after it.
        const std::int64_t seen = c.dendritic ? now - at.lag : now - 1;
        const LateVoltages& late = posts.voltages;
        post[0] = R::depression(c.rule, late.minus[late.place(target, seen - c.rule.late)]);
    } else if (last) {
        c.post_after(*last, now - at.lag - last->step(), post);
    }
    if constexpr (R::pairs_once) {
        LastArrival<R> mine = at.last;
        mine.before[0] = *own;
        float x[1];
        c.pre_at(mine, now, x);
        *own = x[0];
    }
    if constexpr (KeepsVariable<R>) {
        c.take(w, R::arrive(c.rule, in_w_max(w), pre, post, own));
    } else {
        c.apply(w, own, R::arrive(c.rule, in_w_max(w), pre, post), now);
    }
}

/// The weight for a spike that arrives in step `now`; then what its arrival makes of it.
template <class R>
SNN_HD inline void arrive(const RuleConstants<R>& c, const SegmentTime<R>& at, std::int64_t now,
                          const float* pre, const PostSpikes<R>& posts, std::uint32_t target,
                          PlasticWeight& w, float* own) {
    // With dendritic delay the target's spikes of the same step come first.
    std::uint32_t last = catch_up(c, at, c.dendritic ? now + 1 : now, posts, target, w, own);
    const std::uint32_t oldest = posts.oldest(target);
    if constexpr (KeepsVariable<R>)
        c.age(own, last_changed(c, at, last > oldest ? &posts.at(target, last - 1) : nullptr), now);
    while (last > oldest && posts.at(target, last - 1).step() + at.lag >= now) --last;
    arrive_after(c, at, now, pre, posts, target,
                 last > oldest ? &posts.at(target, last - 1) : nullptr, w, own);
}

/// A reward when `now` steps are done, and all that reaches the synapse before has been applied.
template <KeepsVariable R>
SNN_HD inline void reward_synapse(const RuleConstants<R>& c, const SegmentTime<R>& at,
                                  std::int64_t now, float reward, const PostSpikes<R>& posts,
                                  std::uint32_t target, PlasticWeight& w, float* own) {
    const std::uint32_t oldest = posts.oldest(target);
    std::uint32_t last = posts.count[target];
    while (last > oldest && posts.at(target, last - 1).step() + at.lag >= now) --last;
    float variable = own ? *own : 0.0f;
    c.age(&variable, last_changed(c, at, last > oldest ? &posts.at(target, last - 1) : nullptr),
          now - 1);
    c.take(w, R::rewarded(c.rule, in_w_max(w), reward, &variable));
    if (own && R::reward_changes_variable(c.rule)) *own = variable;
}

/// Steps after a target's last spike from which on an arrival changes no weight: what it would
/// change is less than half of what a weight is counted in, with a factor of 2 to spare for
/// roundings. `taus`: those of the source, then of the target, in steps.
template <class R>
inline std::int64_t silent_after(const RuleConstants<R>& c,
                                 const double* taus) requires QuietWithoutPosts<R> {
    // A trace of one spike in every step is the greatest.
    const auto most = [&](double tau) {
        return R::bumped(c.rule, 5.0f) == R::bumped(c.rule, 0.0f) ? 1.0
                                                                  : 1.0 / -std::expm1(-1.0 / tau);
    };
    double pre[R::pre_traces > 0 ? R::pre_traces : 1];
    for (int k = 0; k < R::pre_traces; ++k) pre[k] = most(taus[k]);
    const double tau = taus[R::pre_traces];
    const double change =
        R::arrival_bound(c.rule, pre) * most(tau) * double{c.learning_rate} * double{weight_one};
    return change < 0.25 ? 0 : static_cast<std::int64_t>(tau * std::log(change / 0.25)) + 1;
}

}  // namespace snnsim
