// The last spikes of the targets of a block, which plastic synapses look at when something arrives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/plasticity/synapse.hpp"
#include "snnsim/engine.hpp"

namespace snnsim {

/// Adds to a state the spikes from `step` on, and the last one before, of each target.
template <class R>
void save_spikes(const PostSpikes<R>& all, std::uint32_t targets, std::int64_t step,
                 PlasticState& out) {
    for (std::uint32_t target = 0; target < targets; ++target) {
        const std::uint32_t end = all.count[target], oldest = all.oldest(target);
        std::uint32_t k = end;
        while (k > oldest && all.at(target, k - 1).step() >= step) --k;
        k = std::max(oldest, k > 0 ? k - 1 : 0);
        out.post_count.push_back(end - k);
        for (; k < end; ++k) {
            const PostSpike<R>& spike = all.at(target, k);
            out.post_step.push_back(spike.at);
            out.post.insert(out.post.end(), spike.before, spike.before + R::post_traces);
        }
    }
}

/// So many of each target, in turn. Of rules that are quiet without spikes of the target it also
/// knows which have fired since a step.
template <class R>
class TargetSpikes {
  public:
    void resize(std::uint32_t targets) {
        count_.assign(targets, 0);
        spikes_.resize(std::size_t{targets} * capacity_);
        newest_.resize(targets);
        if constexpr (QuietWithoutPosts<R>) active_.assign(targets, 0);
    }

    /// Of rules that go by voltages.
    void keep_voltages(std::uint32_t steps) {
        late_length_ = steps;
        plus_.assign(count_.size() * late_length_, 0.0f);
        minus_.assign(count_.size() * late_length_, 0.0f);
    }
    /// As if they had always been so.
    void start_voltages(std::uint32_t target, float plus, float minus) {
        std::fill_n(plus_.begin() + std::ptrdiff_t{target} * late_length_, late_length_, plus);
        std::fill_n(minus_.begin() + std::ptrdiff_t{target} * late_length_, late_length_, minus);
    }

    PostSpikes<R> view() {
        return {
            spikes_.data(), count_.data(), capacity_, {plus_.data(), minus_.data(), late_length_}};
    }

    /// The last one of each target that has any: close together, for most looks need no other.
    const PostSpike<R>* newest() const { return newest_.data(); }

    /// One more spike of the target takes the place of its oldest.
    bool full(std::uint32_t target) const { return count_[target] >= capacity_; }
    /// The oldest is no target's last spike before `step`: nobody needs it or its traces.
    bool may_forget(std::uint32_t target, std::int64_t step) {
        const PostSpikes<R> all = view();
        return all.at(target, all.oldest(target) + 1).step() < step;
    }
    /// Makes room for twice as many.
    void grow() {
        const PostSpikes<R> old = view();
        std::vector<PostSpike<R>> spikes(spikes_.size() * 2);
        const PostSpikes<R> more{spikes.data(), count_.data(), 2 * capacity_, {}};
        for (std::uint32_t target = 0; target < count_.size(); ++target) {
            // Renumbered from 0: places are numbers modulo the capacity.
            const std::uint32_t first = old.oldest(target), count = count_[target] - first;
            for (std::uint32_t k = 0; k < count; ++k)
                more.at(target, k) = old.at(target, first + k);
            count_[target] = count;
        }
        capacity_ *= 2;
        spikes_ = std::move(spikes);
    }
    /// `trace`: of rules that go by voltages.
    void add(const RuleConstants<R>& constants, std::uint32_t target, std::int64_t t,
             [[maybe_unused]] float trace) {
        const PostSpikes<R> all = view();
        const std::uint32_t count = count_[target];
        PostSpike<R> spike{static_cast<std::uint32_t>(t), {}};
        if constexpr (ReadsVoltages<R>) {
            spike.before[0] = trace;
        } else if (count > 0) {
            const PostSpike<R>& last = all.at(target, count - 1);
            constants.post_after(last, t - last.step(), spike.before);
        }
        all.at(target, count) = newest_[target] = spike;
        ++count_[target];
        activate(target);
    }

    /// By target: its last spike came in `step` or later.
    std::vector<std::uint8_t> fired_since(std::int64_t step) {
        const PostSpikes<R> all = view();
        std::vector<std::uint8_t> fired(count_.size());
        for (std::uint32_t target = 0; target < fired.size(); ++target)
            fired[target] = count_[target] > 0 && all.at(target, count_[target] - 1).step() >= step;
        return fired;
    }

    /// Of targets that are not active, the last spike came before quiet_since().
    const std::uint8_t* active() const { return active_.data(); }  // [target]
    std::int64_t quiet_since() const { return quiet_since_; }
    void find_quiet(std::int64_t since) {
        quiet_since_ = since;
        const PostSpikes<R> all = view();
        std::erase_if(active_targets_, [&](std::uint32_t target) {
            const bool quiet = all.at(target, count_[target] - 1).step() < since;
            if (quiet) active_[target] = 0;
            return quiet;
        });
    }

    void save(std::int64_t step, PlasticState& out) {
        save_spikes(view(), static_cast<std::uint32_t>(count_.size()), step, out);
        out.late_plus.insert(out.late_plus.end(), plus_.begin(), plus_.end());
        out.late_minus.insert(out.late_minus.end(), minus_.begin(), minus_.end());
    }
    /// From the target's place `at` and the spike's place `from` on, which move on.
    void load(const PlasticState& in, std::size_t& at, std::size_t& from) {
        std::fill(count_.begin(), count_.end(), 0u);
        std::fill(active_.begin(), active_.end(), std::uint8_t{0});
        active_targets_.clear();
        quiet_since_ = 0;
        if constexpr (ReadsVoltages<R>) {
            std::copy_n(in.late_plus.data() + at * late_length_, plus_.size(), plus_.begin());
            std::copy_n(in.late_minus.data() + at * late_length_, minus_.size(), minus_.begin());
        }
        for (std::uint32_t target = 0; target < count_.size(); ++target, ++at) {
            while (in.post_count[at] > capacity_) grow();
            for (std::uint32_t k = 0; k < in.post_count[at]; ++k, ++from) {
                PostSpike<R> spike{in.post_step[from], {}};
                std::copy_n(in.post.data() + from * R::post_traces, R::post_traces, spike.before);
                view().at(target, k) = spike;
            }
            count_[target] = in.post_count[at];
            if (count_[target] == 0) continue;
            newest_[target] = view().at(target, count_[target] - 1);
            activate(target);
        }
    }

    std::size_t bytes() const {
        return (spikes_.size() + newest_.size()) * sizeof(PostSpike<R>) +
               (plus_.size() + minus_.size()) * sizeof(float) +
               count_.size() * sizeof(std::uint32_t);
    }

  private:
    void activate(std::uint32_t target) {
        if constexpr (QuietWithoutPosts<R>) {
            if (!active_[target]) active_targets_.push_back(target);
            active_[target] = 1;
        }
    }

    std::vector<PostSpike<R>> spikes_;  // see PostSpikes
    std::vector<PostSpike<R>> newest_;  // [target]
    std::vector<std::uint32_t> count_;  // [target]: ever noted
    // Of each target; a power of two. Voltages count for many steps, one after the other.
    std::uint32_t capacity_ = ReadsVoltages<R> ? 256 : 16;
    std::vector<float> plus_, minus_;  // see LateVoltages
    std::uint32_t late_length_ = 1;
    std::vector<std::uint8_t> active_;  // [target]
    std::vector<std::uint32_t> active_targets_;
    std::int64_t quiet_since_ = 0;
};

}  // namespace snnsim
