// The synapses of a plastic projection that one block of targets has: what arrivals and the
// targets' spikes make of them. See kernels/plasticity/synapse.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/plasticity/release.hpp"
#include "kernels/plasticity/short_term.hpp"
#include "kernels/random.hpp"
#include "src/engine/cpu/fired_history.hpp"
#include "src/engine/plasticity/plastic_constants.hpp"
#include "src/engine/plasticity/plastic_rows.hpp"
#include "src/engine/plasticity/target_spikes.hpp"
#include "src/engine/plasticity/weight_sums.hpp"

namespace snnsim {

/// What all blocks of a projection share.
template <class R>
struct PlasticCommon {
    const PlasticConstants<R> fixed;
    RuleConstants<R> rule;   // with the learning rate of now
    double unit = 1.0;       // see weight_unit
    std::uint32_t from = 0;  // population of the sources
    PlasticRelease release;
    std::array<std::vector<const float*>, 2> gamma;  // see PlasticProjection::set_gamma

    PlasticCommon(const SynapsesSpec& spec, const typename R::Params& params, double dt)
        : fixed(spec, params, dt), rule(fixed.rule) {}

    /// Something is left to do of synapses whose weights stay: traces of their own.
    bool works() const { return rule.plastic || keeps_own(rule); }
};

template <class R>
class PlasticBlock {
    static constexpr bool learns = rule_learns<R>;
    static constexpr std::int64_t quiet_interval = 64;  // steps between two looks for quiet targets

  public:
    std::vector<LastArrival<R>> last;   // [segment]
    std::vector<ShortTerm> short_term;  // [segment], or see PlasticRelease::by_synapse
    std::vector<float> own;             // [synapse], of rules with a value of each
    std::vector<std::uint8_t> ready;    // [synapse], of several sites
    TargetSpikes<R> posts;
    WeightSums sums;
    float reward = 0.0f;               // n, of rules that wait for it; see Waiting
    std::uint64_t released = 0;        // see PlasticProjection
    std::vector<std::uint32_t> fired;  // [target], since the last scaling
    std::vector<float> rate;           // [target], Hz
    std::int64_t done = 0;  // what reaches a synapse earlier has been applied; see SegmentTime

    /// `receptor`: from a target's first sum to that of the receptor reached. `common` and `rows`
    /// live longer.
    PlasticBlock(const PlasticCommon<R>& common, PlasticRows& rows, std::size_t block,
                 const Slice& slice, std::uint32_t receptor)
        : common_(common),
          rows_(rows),
          block_(block),
          slice_(slice),
          receptor_(receptor),
          release_(common.release) {
        const std::size_t size = row().weight.size();
        last.resize(rows.segments());
        if (common.release.short_term)
            short_term.resize(common.release.by_synapse() ? size : rows.segments());
        if (common.release.short_term)
            ready.assign(common.release.stochastic ? size : 0, std::uint8_t(common.release.sites));
        if (keeps_own(common.rule)) own.resize(size);
        if constexpr (learns) {
            posts.resize(slice.count);
            if constexpr (ReadsVoltages<R>)
                posts.keep_voltages(late_length(common.rule, longest_lag()));
            sums.resize(slice.count);
        }
    }

    const Slice& slice() const { return slice_; }
    std::int64_t longest_lag() const { return lag_of(rows_.delays.count - 1); }
    SegmentTime<R> time_of(std::uint32_t segment) const {
        const std::int64_t seen = last[segment].step() + (common_.rule.dendritic ? 1 : 0);
        return {last[segment], lag_of(segment), std::max(seen, done)};
    }

    /// What arrives in step t; `to`: sums of the slice's first cell.
    void arrive(std::int64_t t, const FiredHistory& history, std::int32_t* to) {
        if (slice_.count == 0) return;
        due_.clear();
        release_.glia.gamma = common_.gamma[static_cast<std::size_t>(t % 2)].data();
        const std::uint32_t count = rows_.delays.count;
        history.for_each_sent(rows_.delays, t, [&](std::uint32_t delay, std::size_t place) {
            const FiredSpan sent = history.of(place, common_.from);
            for (std::uint32_t i = 0; i < sent.count; ++i)
                due_.push_back(sent.cells[i] * count + delay);
        });
        constexpr std::size_t ahead = 4;  // segments on their way from memory
        const PlasticRows::Block& row = this->row();
        for (std::size_t i = 0; i < due_.size(); ++i) {
            if (i + ahead < due_.size()) {
                const std::uint32_t next = row.edge[due_[i + ahead]];
                prefetch(row.target.data() + next);
                prefetch(row.weight.data() + next);
                prefetch(row.weight.data() + next + 16);
            }
            arrive_at(due_[i], t, to + receptor_);
        }
    }

    /// Synapses that spikes reached in the last step that something arrived in.
    std::uint64_t events() const {
        const std::vector<std::uint32_t>& edge = rows_.blocks[block_].edge;
        std::uint64_t sum = 0;
        for (const std::uint32_t segment : due_) sum += edge[segment + 1] - edge[segment];
        return sum;
    }

    /// Targets (numbers in the population) that fired in step t, after all that arrived in it.
    void fire(std::int64_t t, FiredSpan cells) {
        if constexpr (learns) {
            if constexpr (ReadsVoltages<R>) {
                read_voltages(t);
            } else {
                for (std::uint32_t i = 0; i < cells.count; ++i)
                    note(cells.cells[i] - slice_.first, t);
            }
            if (fired.empty()) return;
            for (std::uint32_t i = 0; i < cells.count; ++i) ++fired[cells.cells[i] - slice_.first];
        }
    }

    /// Where the slice's cells keep what rules go by that read it; before the first step.
    void set_voltages(const TargetVoltages& of) {
        if constexpr (ReadsVoltages<R>) {
            voltages_ = of;
            for (std::uint32_t i = 0; i < slice_.count; ++i)
                posts.start_voltages(i, of.u_bar_plus[i], of.u_bar_minus[i]);
        }
    }

    /// The rule as it is for this block, whose reward may be ahead of the others'.
    const RuleConstants<R>& rule() {
        if constexpr (Modulated<R>) {
            rule_ = common_.rule;
            rule_.waiting.reward = reward;
            return rule_;
        } else {
            return common_.rule;
        }
    }

    /// Applies all that reaches synapses before step `now`.
    void catch_up(std::int64_t now) {
        if constexpr (learns) {
            if (done >= now) return;
            // Nothing waits for targets without a spike since the last time.
            const std::vector<std::uint8_t> waits = posts.fired_since(done - longest_lag());
            if (common_.works() && std::count(waits.begin(), waits.end(), 1) > 0) {
                for (std::uint32_t s = 0; s < rows_.segments(); ++s)
                    catch_up_segment(s, now, waits.data());
            }
            done = now;
        }
    }

    /// Step t is over: what is done at intervals.
    void end_step(std::int64_t t) {
        const PlasticConstants<R>& fixed = common_.fixed;
        if constexpr (QuietWithoutPosts<R>) {
            if (t % quiet_interval == 0)
                posts.find_quiet(t + 1 - longest_lag() - fixed.silent_after);
        }
        if constexpr (Modulated<R>) {
            if ((t + 1) % common_.rule.waiting.interval == 0) {
                catch_up(t + 1);
                follow_reward();
            }
        }
        const auto due = [&](std::int64_t interval) {
            return interval > 0 && common_.rule.plastic && (t + 1) % interval == 0;
        };
        if (due(fixed.normalise_interval)) {
            catch_up(t + 1);
            normalise(fixed.normalised_sum);
        }
        if (due(fixed.scaling_interval)) {
            catch_up(t + 1);
            scale();
        }
    }

    /// A reward when `now` steps are done. What waits then does not get it for the time before.
    void add_reward(double amount, std::int64_t now) {
        const std::int64_t steps = now % common_.rule.waiting.interval;
        const float as_of_start = common_.fixed.as_of_start(amount, steps);
        settle(now, -as_of_start * common_.rule.waiting.rewarded[steps]);
        reward += as_of_start;
    }
    /// The same of rules that say themselves what a reward does.
    void reward_all(float amount, std::int64_t now) {
        if constexpr (KeepsVariable<R>) {
            catch_up(now);
            for (std::uint32_t s = 0; s < rows_.segments(); ++s) {
                const SegmentTime<R> at = time_of(s);
                for (std::size_t k = row().edge[s]; k < row().edge[s + 1]; ++k) {
                    PlasticWeight w = row().weight[k];
                    reward_synapse(common_.rule, at, now, amount, posts.view(), row().target[k], w,
                                   own_of(k));
                    set_weight(k, w);
                }
            }
        }
    }
    /// Weights get, or give back, what they gained since the start of the interval.
    void settle_interval(std::int64_t now, float sign) {
        settle(now, sign * rule().waiting.gain(now % common_.rule.waiting.interval));
    }

    /// Scales the weights of each target to a sum, in the unit of the model; caught up before.
    void normalise(double sum) {
        sums.normalise(row().target, row().weight, sum / common_.unit * double{weight_one},
                       common_.rule);
    }

    std::size_t bytes() const {
        return last.size() * sizeof(LastArrival<R>) + short_term.size() * sizeof(ShortTerm) +
               own.size() * sizeof(float) + ready.size() + posts.bytes();
    }

  private:
    PlasticRows::Block& row() { return rows_.blocks[block_]; }
    float* own_of(std::size_t synapse) {
        if constexpr (KeepsVariable<R>) return own.empty() ? nullptr : own.data() + synapse;
        return R::pairs_once || Modulated<R> ? own.data() + synapse : nullptr;
    }
    std::int64_t lag_of(std::uint32_t segment) const {
        if (!common_.rule.dendritic) return 0;
        return 2 * (static_cast<std::int64_t>(rows_.delays.first) + segment % rows_.delays.count);
    }

    void arrive_at(std::uint32_t segment, std::int64_t t, std::int32_t* to) {
        const std::uint32_t source = segment / rows_.delays.count;
        float factor = 1.0f;
        PlasticRelease::Arrival found;
        if (release_.short_term)
            found = release_.arrival(t - last[segment].step(), last[segment].steps == 0);
        if (release_.short_term && !release_.by_synapse()) {
            ShortTerm& s = short_term[segment];
            s = release_.next(s, found, source, 0);
            factor = release_.factor(s);
        }
        LastArrival<R> now;
        now.steps = static_cast<std::uint32_t>(t + 1);
        common_.rule.pre_at(last[segment], t, now.before);
        if constexpr (learns) {
            if (common_.works()) learn(segment, t, now.before);
        }
        last[segment] = now;
        if (release_.stochastic) {
            release(segment, t, factor, found, to);
        } else if (release_.by_synapse()) {
            deliver_each(segment, found, to);
        } else {
            deliver(segment, factor * release_.grid_unit, to);
        }
    }

    void learn(std::uint32_t segment, std::int64_t t, const float* pre) {
        const std::size_t first = row().edge[segment], end = row().edge[segment + 1];
        if constexpr (QuietWithoutPosts<R>) {
            if (time_of(segment).done - lag_of(segment) >= posts.quiet_since()) {
                const std::uint16_t* const target = row().target.data();
                const std::uint8_t* const active = posts.active();
                std::uint32_t any = 0;
                for (std::size_t k = first; k < end; ++k) any |= active[target[k]];
                if (any) learn_active(segment, t, pre);
                return;
            }
        }
        learn_all(segment, t, pre);
    }
    // Not inlined, for the loops around them to keep their registers.
    [[gnu::noinline]] void learn_active(std::uint32_t segment, std::int64_t t, const float* pre) {
        const std::uint8_t* const active = posts.active();
        learn_where([active](std::uint32_t target) { return active[target] != 0; }, segment, t,
                    pre);
    }
    [[gnu::noinline]] void learn_all(std::uint32_t segment, std::int64_t t, const float* pre) {
        learn_where([](std::uint32_t) { return true; }, segment, t, pre);
    }
    template <class F>
    void learn_where(F&& wanted, std::uint32_t segment, std::int64_t t, const float* pre) {
        const SegmentTime<R> at = time_of(segment);
        const PostSpikes<R> spikes = posts.view();
        const PostSpike<R>* const newest = posts.newest();
        const RuleConstants<R>& rule = this->rule();
        const std::int64_t from = std::min(at.done, t) - at.lag;
        const std::size_t first = row().edge[segment], end = row().edge[segment + 1];
        const std::uint16_t* const target = row().target.data();
        // Targets whose last spike is applied, and older than this arrival, need no other. They
        // come first, the rest after them: of both in turn a processor guesses half of the time
        // wrong.
        quick_.resize(end - first + 1);
        slow_.resize(end - first + 1);
        std::size_t quick = 0, slow = 0;
        for (std::size_t k = first; k < end; ++k) {
            const std::uint32_t to = target[k];
            const bool known = (spikes.count[to] == 0) | (newest[to].step() < from);
            const bool use = wanted(to);
            quick_[quick] = slow_[slow] = static_cast<std::uint32_t>(k);
            quick += use & known;
            slow += use & !known;
        }
        for (std::size_t i = 0; i < quick; ++i) {
            const std::size_t k = quick_[i];
            const PostSpike<R>* const last =
                spikes.count[target[k]] > 0 ? &newest[target[k]] : nullptr;
            if constexpr (KeepsVariable<R>) rule.age(own_of(k), last_changed(rule, at, last), t);
            PlasticWeight w = row().weight[k];
            snnsim::arrive_after(rule, at, t, pre, spikes, target[k], last, w, own_of(k));
            set_weight(k, w);
        }
        constexpr std::size_t ahead = 12;  // whose targets' spikes are on their way
        for (std::size_t i = 0; i < slow; ++i) {
            if (i + ahead < slow) {
                const std::uint32_t next = target[slow_[i + ahead]];
                prefetch(&spikes.at(next, spikes.count[next] - 1));
            }
            const std::size_t k = slow_[i];
            PlasticWeight w = row().weight[k];
            snnsim::arrive(rule, at, t, pre, spikes, target[k], w, own_of(k));
            set_weight(k, w);
        }
    }
    void set_weight(std::size_t k, PlasticWeight w) {
        if (!common_.rule.plastic) return;
        row().weight[k] = w;
        sums.changed(row().target[k]);
    }
    [[gnu::noinline]] void catch_up_segment(std::uint32_t segment, std::int64_t now,
                                            const std::uint8_t* waits) {
        const SegmentTime<R> at = time_of(segment);
        const PostSpikes<R> spikes = posts.view();
        const std::uint16_t* const target = row().target.data();
        const RuleConstants<R>& rule = this->rule();
        const std::size_t end = row().edge[segment + 1];
        for (std::size_t k = row().edge[segment]; k < end; ++k) {
            if (!waits[target[k]]) continue;
            PlasticWeight w = row().weight[k];
            snnsim::catch_up(rule, at, now, spikes, target[k], w, own_of(k));
            set_weight(k, w);
        }
    }

    static std::int32_t rounded(float x) { return static_cast<std::int32_t>(std::floor(x + 0.5f)); }
    void deliver(std::uint32_t segment, float unit, std::int32_t* to) {
        const std::uint16_t* const target = row().target.data();
        const PlasticWeight* const weight = row().weight.data();
        std::size_t k = row().edge[segment];
        const std::size_t end = row().edge[segment + 1];
        constexpr std::size_t lanes = 8;
        for (; k + lanes <= end; k += lanes) {
            std::int32_t added[lanes];
            SNN_LANES for (std::size_t l = 0; l < lanes; ++l) {
                added[l] = rounded(in_w_max(weight[k + l]) * unit);
            }
            for (std::size_t l = 0; l < lanes; ++l) to[target[k + l]] += added[l];
        }
        for (; k < end; ++k) to[target[k]] += rounded(in_w_max(weight[k]) * unit);
    }
    /// Releases of one synapse; see PlasticRelease::by_synapse.
    float use_resources(std::size_t k, std::uint32_t source, const PlasticRelease::Arrival& found) {
        ShortTerm& s = short_term[k];
        s = release_.next(s, found, source, slice_.first + row().target[k]);
        return release_.factor(s);
    }
    /// The same where each has resources of its own.
    void deliver_each(std::uint32_t segment, const PlasticRelease::Arrival& found,
                      std::int32_t* to) {
        const std::uint32_t source = segment / rows_.delays.count;
        for (std::size_t k = row().edge[segment]; k < row().edge[segment + 1]; ++k) {
            const float factor = use_resources(k, source, found);
            to[row().target[k]] +=
                rounded(in_w_max(row().weight[k]) * (factor * release_.grid_unit));
        }
    }
    /// The same where each synapse may fail.
    void release(std::uint32_t segment, std::int64_t t, float u,
                 const PlasticRelease::Arrival& found, std::int32_t* to) {
        const std::uint32_t source = segment / rows_.delays.count;
        RandomKey key = release_.random;
        key.entity = source;
        key.sub_entity = static_cast<std::uint32_t>(t);
        const auto number = static_cast<std::uint32_t>(rows_.first_number(block_, segment) -
                                                       rows_.number[source * rows_.delays.count]);
        const std::size_t first = row().edge[segment], end = row().edge[segment + 1];
        for (std::size_t k = first; k < end; ++k) {
            const Philox4 random = key.draw(number + static_cast<std::uint32_t>(k - first));
            if (release_.by_synapse()) u = use_resources(k, source, found);
            const float share =
                release_.share(random, found, u, ready.empty() ? nullptr : &ready[k], source,
                               slice_.first + row().target[k]);
            to[row().target[k]] += rounded(in_w_max(row().weight[k]) * share * release_.grid_unit);
            released += (share > 0.0f) & (row().weight[k] != 0) ? 1 : 0;
        }
    }

    void read_voltages(std::int64_t t) {
        const LateVoltages late = posts.view().voltages;
        for (std::uint32_t i = 0; i < slice_.count; ++i) {
            const float found = voltage_at(common_.rule, late, i, t, voltages_.v[i],
                                           voltages_.u_bar_plus[i], voltages_.u_bar_minus[i]);
            if (found > 0.0f) note(i, t, found);
        }
    }

    /// Notes a spike of a target, or what counts as one, with its trace. The one that makes room
    /// for it is known to all its synapses.
    void note(std::uint32_t target, std::int64_t t, float trace = 0.0f) {
        const auto has_room = [&] {
            return !posts.full(target) || posts.may_forget(target, done - longest_lag() - 1);
        };
        if (!has_room()) {
            catch_up(t);
            if (!has_room()) posts.grow();
        }
        posts.add(common_.rule, target, t, trace);
    }

    /// What rules do that wait for a reward, after an interval.
    void follow_reward() {
        const Reward& decay = common_.fixed.reward;
        const RuleConstants<R>& rule = this->rule();
        for (std::size_t k = 0; k < own.size(); ++k)
            decay.follow(rule, common_.rule.plastic, row().weight[k], own[k]);
        reward = decay.decayed(reward);
        sums.all_changed();
    }
    void settle(std::int64_t now, float gain) {
        if (now % common_.rule.waiting.interval == 0 || !common_.rule.plastic) return;
        catch_up(now);
        const RuleConstants<R>& rule = this->rule();
        for (std::size_t k = 0; k < own.size(); ++k)
            row().weight[k] = settled(rule, gain, row().weight[k], own[k]);
        sums.all_changed();
    }
    /// Synaptic scaling, after an interval.
    void scale() {
        std::vector<double> factor(rate.size());
        for (std::size_t i = 0; i < factor.size(); ++i) {
            factor[i] = common_.fixed.scaling.factor(fired[i], rate[i]);
            fired[i] = 0;
        }
        for (std::size_t k = 0; k < row().weight.size(); ++k)
            row().weight[k] = multiplied(common_.rule, row().weight[k], factor[row().target[k]]);
        sums.all_changed();
    }

    const PlasticCommon<R>& common_;
    PlasticRows& rows_;
    const std::size_t block_;
    const Slice slice_;
    const std::uint32_t receptor_;
    std::vector<std::uint32_t> due_;           // segments
    std::vector<std::uint32_t> quick_, slow_;  // synapses of one; see learn_where
    RuleConstants<R> rule_;                    // see rule()
    PlasticRelease release_;                   // as it is in the step that arrive() is at
    TargetVoltages voltages_;
};

}  // namespace snnsim
