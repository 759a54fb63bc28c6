// A projection with one rule on a device: the bodies of kernels/network over its arrays.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "kernels/network/plastic_intervals.hpp"
#include "snnsim/error.hpp"
#include "src/engine/device/cells_on.hpp"
#include "src/engine/device/due_spikes_on.hpp"
#include "src/engine/device/plastic_projection_on.hpp"
#include "src/engine/plasticity/plastic_constants.hpp"
#include "src/engine/plasticity/structure.hpp"
#include "src/engine/plasticity/target_spikes.hpp"

namespace snnsim {

template <class Steps, class R>
class PlasticRuleOn final : public PlasticProjectionOn<Steps> {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;
    using PlasticProjectionOn<Steps>::host_;
    static constexpr bool learns = rule_learns<R>;

  public:
    PlasticRuleOn(Steps& steps, const SimulationSpec& spec, const typename R::Params& params,
                  PlasticProjection& host, double grid_scale, const PlasticPlace& place,
                  DueSpikesOn<Steps>& due)
        : PlasticProjectionOn<Steps>(host),
          steps_(steps),
          spec_(spec.projections[host.projection]),
          unit_(weight_unit(spec, spec_, spec.populations[host.to])),
          fixed_(spec_, params, spec.dt),
          place_(place),
          targets_(static_cast<std::uint32_t>(place.slot.size())),
          segments_(host.rows.segments()),
          due_(due),
          due_here_(due.add(due_lists(host))),
          constants_(1),
          progress_(1) {
        constants_on_device_ = on_device(fixed_.rule);
        make_arrays(spec, grid_scale);
        from_host(0);
    }

    void arrive(const StepWindow* window, std::int64_t k) override {
        steps_.template share_out<Steps::many>(
            due_.teams(due_here_),
            ArrivePlastic<R, learns>{{window, k, due_.of(due_here_)}, place_.from_row, arrays_});
    }
    void note_targets(const StepWindow* window, std::int64_t k) override {
        if constexpr (learns) {
            if constexpr (ReadsVoltages<R>)
                steps_.for_each(targets_, NoteVoltages<R>{window, k, v_.data(), u_bar_plus_.data(),
                                                          u_bar_minus_.data(), arrays_});
            // In a step few of them fire.
            const std::uint32_t parts = std::min(targets_, std::max(128u, targets_ / 32));
            steps_.for_each(parts, NoteTargets<R>{window, k, static_cast<std::uint32_t>(host_.to),
                                                  place_.to_row, parts, arrays_});
        }
    }
    void watch(const StepWindow* window, std::int64_t k) override {
        if constexpr (learns)
            steps_.for_each(watched_.size(),
                            WatchPlastic<R>{window, k, watched_places_.data(),
                                            static_cast<std::uint32_t>(watched_.size()), arrays_,
                                            watched_weights_.data()});
    }
    void make_room(const StepWindow* window) override {
        if constexpr (learns) {
            steps_.for_each(targets_, FindCrowded<R>{arrays_, Steps::batch});
            catch_up(window, When::crowded);
        }
    }

    std::int64_t next_interval(std::int64_t now) const override {
        std::int64_t next = std::numeric_limits<std::int64_t>::max();
        const auto add = [&](std::int64_t interval) {
            if (interval > 0) next = std::min(next, (now / interval + 1) * interval);
        };
        if constexpr (Modulated<R>) add(fixed_.rule.waiting.interval);
        add(fixed_.normalise_interval);
        add(fixed_.scaling_interval);
        return next;
    }
    void at_interval(const StepWindow* window, std::int64_t now) override {
        if constexpr (Modulated<R>) {
            if (now % fixed_.rule.waiting.interval == 0) follow_reward(window);
        }
        const auto due = [&](std::int64_t interval) {
            return interval > 0 && plastic_ && now % interval == 0;
        };
        if (due(fixed_.normalise_interval)) normalise(window, fixed_.normalised_sum);
        if (due(fixed_.scaling_interval)) {
            catch_up(window, When::always);
            steps_.for_each(targets_, ScalingFactors{fixed_.scaling, fired_.data(), rate_.data(),
                                                     factor_.data()});
            steps_.for_each(size_, MultiplyWeights<R>{arrays_, factor_.data()});
        }
    }

    void set_voltages(const std::vector<const float*>& v,
                      const std::vector<const float*>& u_bar_plus,
                      const std::vector<const float*>& u_bar_minus) override {
        v_ = Buffer<const float*>(v);
        u_bar_plus_ = Buffer<const float*>(u_bar_plus);
        u_bar_minus_ = Buffer<const float*>(u_bar_minus);
        from_host(0);
    }
    void set_gamma(const std::vector<const float*>& gamma) override {
        gamma_ = Buffer<const float*>(gamma);
        arrays_.release.glia.gamma = gamma_.data();
    }
    void set_watched(std::vector<WatchedSynapse> synapses, std::int64_t steps) override {
        watched_ = std::move(synapses);
        watched_weights_ = Buffer<PlasticWeight>(static_cast<std::size_t>(steps) * watched_.size());
        find_watched();
    }
    std::vector<float> watched(std::int64_t steps) override {
        const auto weights =
            downloaded(watched_weights_, static_cast<std::size_t>(steps) * watched_.size());
        std::vector<float> out;
        for (const PlasticWeight w : weights)
            out.push_back(w == no_weight ? std::numeric_limits<float>::quiet_NaN()
                                         : static_cast<float>(w / double{weight_one} * unit_));
        return out;
    }

    void normalise(const StepWindow* window, double sum) override {
        catch_up(window, When::always);
        steps_.for_each(size_, SumWeights{target_.data(), weight_.data(), sums_.data()});
        steps_.for_each(targets_, NormalisingFactors{sum / unit_ * double{weight_one}, sums_.data(),
                                                     factor_.data()});
        steps_.for_each(size_, MultiplyWeights<R>{arrays_, factor_.data()});
    }
    void reward([[maybe_unused]] const StepWindow* window, [[maybe_unused]] std::int64_t now,
                [[maybe_unused]] double amount) override {
        if constexpr (Modulated<R>) {
            const std::int64_t steps = now % fixed_.rule.waiting.interval;
            const float as_of_start = fixed_.as_of_start(amount, steps);
            settle(window, now, -as_of_start * fixed_.rule.waiting.rewarded[steps]);
            set_reward(constants_on_device_.waiting.reward + as_of_start);
        }
        if constexpr (KeepsVariable<R>) {
            if (!fixed_.rule.rule.takes_reward) return;
            catch_up(window, When::always);
            steps_.template share_out<Steps::many>(
                segments_,
                RewardSegments<R>{window, arrays_, static_cast<float>(amount), segments_});
            if (!R::reward_changes_variable(fixed_.rule.rule)) return;
            constants_on_device_.rewarded = now - 1;
            set_constant(&RuleConstants<R>::rewarded);
        }
    }
    void set_plastic(const StepWindow* window, std::int64_t now, bool plastic) override {
        catch_up(window, When::always);
        if (plastic == plastic_) return;
        settle_interval(window, now, 1.0f);
        plastic_ = plastic;
        const std::uint32_t flag = plastic ? 1 : 0;
        steps_.upload(&progress_.data()->plastic, &flag, 1);
        steps_.wait();
        if constexpr (KeepsVariable<R>) {
            constants_on_device_.plastic = plastic;
            set_constant(&RuleConstants<R>::plastic);
        }
        settle_interval(window, now, -1.0f);
    }

    void to_host(const StepWindow* window, std::int64_t now) override {
        catch_up(window, When::always);
        host_.set_own_state(state(now), now);
    }
    void from_host(std::int64_t now) override {
        set_synapses();
        const PlasticState in = host_.own_state(now);
        plastic_ = in.plastic;
        constants_on_device_.waiting.reward = in.reward;
        constants_on_device_.plastic = in.plastic;
        constants_on_device_.rewarded = in.rewarded;
        constants_on_device_.learning_rate = fixed_.learning_rate(now);
        constants_.copy_from(&constants_on_device_, 1);
        const PlasticProgress progress{in.done, plastic_ ? 1u : 0u, 0};
        progress_.copy_from(&progress, 1);
        upload_own(in.weight, weight_);
        const auto released = static_cast<std::int64_t>(in.released);
        released_.copy_from(&released, released_.size());
        upload_own(in.own, own_);
        upload_own(in.ready, ready_);
        fired_.copy_from(in.fired.data(), in.fired.size());
        rate_.copy_from(in.rate.data(), in.rate.size());
        std::vector<LastArrival<R>> last(segments_);
        for (std::size_t s = 0; s < last.size(); ++s) {
            last[s].steps = in.arrived[s];
            std::copy_n(in.pre.data() + s * R::pre_traces, R::pre_traces, last[s].before);
        }
        last_.copy_from(last.data(), last.size());
        std::vector<ShortTerm> short_term(in.resources.size() / 2);
        for (std::size_t s = 0; s < short_term.size(); ++s)
            short_term[s] = {in.resources[2 * s], in.resources[2 * s + 1]};
        if (arrays_.release.by_synapse()) {
            upload_own(short_term, short_term_);
        } else {
            short_term_.copy_from(short_term.data(), short_term_.size());
        }
        if constexpr (learns) set_spikes(in);
        late_plus_.copy_from(in.late_plus.data(), in.late_plus.size());
        late_minus_.copy_from(in.late_minus.data(), in.late_minus.size());
    }

    std::size_t bytes() const override {
        return size_ * (sizeof(std::uint32_t) + sizeof(PlasticWeight)) + own_.size() * 4 +
               ready_.size() + edge_.size() * 8 + last_.size() * sizeof(LastArrival<R>) +
               short_term_.size() * sizeof(ShortTerm) + spikes_.size() * sizeof(PostSpike<R>) +
               targets_ * 4;
    }

    std::optional<std::uint64_t> released() override {
        if (released_.size() == 0) return std::nullopt;
        return static_cast<std::uint64_t>(downloaded(released_, 1)[0]);
    }

  private:
    Decay on_device(const Decay& table) {
        Decay out = table;
        if (!table.fine) return out;
        out.fine =
            keep(std::vector<float>(table.fine, table.fine + (1 << Decay::fine_bits)), tables_);
        out.coarse =
            keep(std::vector<float>(table.coarse, table.coarse + table.coarse_count), tables_);
        return out;
    }
    RuleConstants<R> on_device(const RuleConstants<R>& rule) {
        RuleConstants<R> out = rule;
        for (int k = 0; k < R::pre_traces; ++k) out.pre[k] = on_device(rule.pre[k]);
        for (int k = 0; k < R::post_traces; ++k) out.post[k] = on_device(rule.post[k]);
        out.variable = on_device(rule.variable);
        if constexpr (Modulated<R>) {
            const auto table = [&](const float* from) {
                return keep(std::vector<float>(from, from + rule.waiting.interval + 1), tables_);
            };
            out.waiting.growth = table(rule.waiting.growth);
            out.waiting.rewarded = table(rule.waiting.rewarded);
            out.waiting.waited = table(rule.waiting.waited);
        }
        return out;
    }
    PlasticRelease release(const SimulationSpec& spec, double grid_scale) {
        PlasticRelease r = fixed_.release(unit_ * grid_scale, spec.seed,
                                          static_cast<std::uint32_t>(host_.projection));
        r.recovery = on_device(r.recovery);
        r.facilitation = on_device(r.facilitation);
        return r;
    }
    /// What lists of the targets' spikes hold: all of a batch, those on their way through
    /// dendrites, and the last one before.
    std::uint32_t capacity() const {
        const std::uint32_t usual = ReadsVoltages<R> ? 256 : 64;
        return std::bit_ceil(std::max<std::uint32_t>(usual, Steps::batch + longest_lag() + 3));
    }
    std::uint32_t longest_lag() const {
        const DelayRange delays = host_.rows.delays;
        return fixed_.rule.dendritic ? 2 * (delays.first + delays.count - 1) : 0;
    }
    void make_arrays(const SimulationSpec& spec, double grid_scale) {
        std::size_t most = 0;  // rewiring makes no more of them
        for (const PlasticRows::Block& b : host_.rows.blocks) most += b.target.size();
        edge_ = Buffer<std::uint64_t>(segments_ + 1);
        target_ = Buffer<std::uint32_t>(most);
        slot_ = Buffer<std::uint32_t>(place_.slot);
        weight_ = Buffer<PlasticWeight>(most);
        last_ = Buffer<LastArrival<R>>(segments_);
        if (keeps_own(fixed_.rule)) own_ = Buffer<float>(most);
        const PlasticRelease releases = release(spec, grid_scale);
        if (spec_.short_term)
            short_term_ = Buffer<ShortTerm>(releases.by_synapse() ? most : segments_);
        if (spec_.short_term && spec_.release) ready_ = Buffer<std::uint8_t>(most);
        if (spec_.release) released_ = Buffer<std::int64_t>(1);
        if (spec_.release && !host_.rows.exchange->alone())
            first_draw_ = Buffer<std::uint32_t>(segments_);
        const std::uint32_t room = capacity();
        if constexpr (learns) {
            spikes_ = Buffer<PostSpike<R>>(std::size_t{targets_} * room);
            count_ = Buffer<std::uint32_t>(targets_);
            sums_ = Buffer<std::int64_t>(targets_);
            factor_ = Buffer<double>(targets_);
        }
        std::uint32_t late = 1;
        if constexpr (ReadsVoltages<R>) {
            late = late_length(fixed_.rule, longest_lag());
            late_plus_ = Buffer<float>(std::size_t{targets_} * late);
            late_minus_ = Buffer<float>(std::size_t{targets_} * late);
        }
        if (fixed_.scaling_interval > 0) {
            fired_ = Buffer<std::uint32_t>(targets_);
            rate_ = Buffer<float>(targets_);
        }
        const DelayRange delays = host_.rows.delays;
        arrays_ = {
            constants_.data(),
            progress_.data(),
            delays.first,
            delays.count,
            edge_.data(),
            target_.data(),
            slot_.data(),
            place_.sums,
            weight_.data(),
            own_.data(),
            ready_.data(),
            last_.data(),
            short_term_.data(),
            fired_.data(),
            {spikes_.data(), count_.data(), room, {late_plus_.data(), late_minus_.data(), late}},
            releases,
            place_.events,
            released_.size() > 0 ? released_.data() : nullptr,
            place_.first_target,
            first_draw_.size() > 0 ? first_draw_.data() : nullptr};
    }

    static std::vector<DueSpikes> due_lists(const PlasticProjection& host) {
        const DelayRange delays = host.rows.delays;
        std::vector<DueSpikes> lists(delays.count);
        for (std::uint32_t k = 0; k < delays.count; ++k) {
            lists[k].population = static_cast<std::uint32_t>(host.from);
            lists[k].delay = delays.first + k;
        }
        return lists;
    }
    void catch_up(const StepWindow* window, When when) {
        if constexpr (learns) {
            steps_.template share_out<Steps::many>(
                segments_, CatchUpPlastic<R>{window, arrays_, when, segments_});
            steps_.for_each(1, NoteCaughtUp<R>{window, arrays_, when});
        }
    }
    void follow_reward(const StepWindow* window) {
        catch_up(window, When::always);
        steps_.for_each(size_, FollowReward<R>{arrays_, fixed_.reward});
        set_reward(fixed_.reward.decayed(constants_on_device_.waiting.reward));
    }
    /// See PlasticBlock.
    void settle_interval([[maybe_unused]] const StepWindow* window,
                         [[maybe_unused]] std::int64_t now, [[maybe_unused]] float sign) {
        if constexpr (Modulated<R>) {
            Waiting waiting = fixed_.rule.waiting;
            waiting.reward = constants_on_device_.waiting.reward;
            settle(window, now, sign * waiting.gain(now % waiting.interval));
        }
    }
    void settle(const StepWindow* window, std::int64_t now, float gain) {
        if (now % fixed_.rule.waiting.interval == 0 || !plastic_) return;
        catch_up(window, When::always);
        steps_.for_each(size_, SettleReward<R>{arrays_, gain});
    }
    void set_reward(float reward) {
        if (constants_on_device_.waiting.reward == reward) return;
        constants_on_device_.waiting.reward = reward;
        steps_.upload(&constants_.data()->waiting.reward, &reward, 1);
        steps_.wait();
    }
    template <class T>
    void set_constant(T RuleConstants<R>::*member) {
        steps_.upload(&(constants_.data()->*member), &(constants_on_device_.*member), 1);
        steps_.wait();
    }

    /// The ends of the synapses as the host knows them.
    void set_synapses() {
        const PlasticRows& rows = host_.rows;
        std::vector<std::uint32_t> target;
        edges_.assign(1, 0);
        for (std::uint32_t s = 0; s < segments_; ++s) {
            std::uint32_t before = 0;  // targets in the blocks before
            for (std::size_t b = 0; b < rows.blocks.size(); ++b) {
                const PlasticRows::Block& block = rows.blocks[b];
                for (std::uint32_t k = block.edge[s]; k < block.edge[s + 1]; ++k)
                    target.push_back(before + block.target[k]);
                before += place_.targets[b];
            }
            edges_.push_back(target.size());
        }
        size_ = target.size();
        SNN_EXPECT(size_ <= target_.size());
        target_.copy_from(target.data(), size_);
        edge_.copy_from(edges_.data(), edges_.size());
        if (first_draw_.size() > 0) {
            std::vector<std::uint32_t> draws(segments_);
            for (std::uint32_t s = 0; s < segments_; ++s)
                draws[s] = static_cast<std::uint32_t>(
                    rows.first_number(0, s) -
                    rows.number[s / rows.delays.count * rows.delays.count]);
            first_draw_.copy_from(draws.data(), draws.size());
        }
        find_watched();
    }
    /// Calls f(first number over all ranks, place here, how many) for synapses of this rank.
    template <class F>
    void for_each_run(F&& f) const {
        for (std::uint32_t s = 0; s < segments_; ++s) {
            if (edges_[s] < edges_[s + 1])
                f(host_.rows.first_number(0, s), edges_[s], edges_[s + 1] - edges_[s]);
        }
    }
    /// `all`: by number over all ranks; or empty.
    template <class T>
    void upload_own(const std::vector<T>& all, Buffer<T>& to) {
        std::vector<T> own(to.size() > 0 && !all.empty() ? size_ : 0);
        for_each_run([&](std::uint64_t from, std::uint64_t at, std::uint64_t count) {
            if (!own.empty()) std::copy_n(all.data() + from, count, own.data() + at);
        });
        to.copy_from(own.data(), own.size());
    }
    template <class T>
    std::vector<T> numbered(const std::vector<T>& own) const {
        std::vector<T> all(host_.rows.size());
        for_each_run([&](std::uint64_t to, std::uint64_t at, std::uint64_t count) {
            std::copy_n(own.data() + at, count, all.data() + to);
        });
        return all;
    }
    void find_watched() {
        std::vector<WatchedPlace> places;
        for (const WatchedSynapse& w : watched_) {
            WatchedPlace place{watched_nothing, 0};
            const PlasticRows& rows = host_.rows;
            if (w.block < rows.blocks.size())
                rows.for_each_between(
                    w.block, w.source, w.target, [&](std::uint32_t s, std::uint32_t k) {
                        place = {edges_[s] + rows.first_number(w.block, s) -
                                     rows.first_number(0, s) + k - rows.blocks[w.block].edge[s],
                                 s};
                    });
            places.push_back(place);
        }
        if (watched_places_.size() != places.size())
            watched_places_ = Buffer<WatchedPlace>(places.size());
        watched_places_.copy_from(places.data(), places.size());
    }
    void set_spikes(const PlasticState& in) {
        const std::uint32_t room = arrays_.posts.capacity;
        std::vector<PostSpike<R>> spikes(spikes_.size());
        std::size_t from = 0;
        for (std::uint32_t target = 0; target < targets_; ++target) {
            SNN_EXPECT(in.post_count[target] + Steps::batch <= room);
            for (std::uint32_t k = 0; k < in.post_count[target]; ++k, ++from) {
                PostSpike<R>& spike = spikes[std::size_t{target} * room + k];
                spike.at = in.post_step[from];
                std::copy_n(in.post.data() + from * R::post_traces, R::post_traces, spike.before);
            }
        }
        spikes_.copy_from(spikes.data(), spikes.size());
        count_.copy_from(in.post_count.data(), targets_);
    }
    template <class T>
    std::vector<T> downloaded(Buffer<T>& from, std::size_t count) {
        std::vector<T> out(count);
        steps_.download(out.data(), from.data(), count);
        return out;
    }

    /// See PlasticProjection::own_state; once all has been caught up.
    PlasticState state(std::int64_t now) {
        PlasticState out;
        out.plastic = plastic_;
        out.released = released().value_or(0);
        out.reward = constants_on_device_.waiting.reward;
        out.rewarded = constants_on_device_.rewarded;
        out.weight = numbered(downloaded(weight_, size_));
        if (own_.size()) out.own = numbered(downloaded(own_, size_));
        if (ready_.size()) out.ready = numbered(downloaded(ready_, size_));
        out.fired = downloaded(fired_, fired_.size());
        out.rate = downloaded(rate_, rate_.size());
        out.done = downloaded(progress_, 1)[0].done;
        for (const LastArrival<R>& last : downloaded(last_, segments_)) {
            out.arrived.push_back(last.steps);
            out.pre.insert(out.pre.end(), last.before, last.before + R::pre_traces);
        }
        const bool by_synapse = short_term_.size() > 0 && arrays_.release.by_synapse();
        std::vector<ShortTerm> short_term =
            downloaded(short_term_, by_synapse ? size_ : short_term_.size());
        if (by_synapse) short_term = numbered(short_term);
        for (const ShortTerm& s : short_term) {
            out.resources.push_back(s.x);
            out.resources.push_back(s.u);
        }
        if constexpr (learns) {
            std::vector<PostSpike<R>> spikes = downloaded(spikes_, spikes_.size());
            std::vector<std::uint32_t> count = downloaded(count_, targets_);
            save_spikes(PostSpikes<R>{spikes.data(), count.data(), arrays_.posts.capacity, {}},
                        targets_, now - longest_lag(), out);
        }
        out.late_plus = downloaded(late_plus_, late_plus_.size());
        out.late_minus = downloaded(late_minus_, late_minus_.size());
        return out;
    }

    Steps& steps_;
    const SynapsesSpec spec_;
    const double unit_;  // see weight_unit
    const PlasticConstants<R> fixed_;
    const PlasticPlace place_;
    const std::uint32_t targets_, segments_;
    DueSpikesOn<Steps>& due_;
    const DuePartOn due_here_;
    std::size_t size_ = 0;  // synapses
    bool plastic_ = true;
    RuleConstants<R> constants_on_device_;
    std::vector<Buffer<float>> tables_;
    Buffer<RuleConstants<R>> constants_;
    Buffer<PlasticProgress> progress_;
    PlasticArrays<R> arrays_{};
    std::vector<std::uint64_t> edges_;  // [segment]: those of edge_
    Buffer<std::uint64_t> edge_;
    Buffer<std::uint32_t> target_, slot_, fired_, count_;
    Buffer<std::uint32_t> first_draw_;  // see PlasticArrays
    Buffer<PlasticWeight> weight_;
    Buffer<float> own_, rate_;
    Buffer<std::uint8_t> ready_;
    Buffer<LastArrival<R>> last_;
    Buffer<ShortTerm> short_term_;
    Buffer<PostSpike<R>> spikes_;
    Buffer<std::int64_t> sums_, released_;
    Buffer<float> late_plus_, late_minus_;  // see LateVoltages
    Buffer<const float*> v_, u_bar_plus_, u_bar_minus_, gamma_;
    Buffer<double> factor_;
    std::vector<WatchedSynapse> watched_;
    Buffer<WatchedPlace> watched_places_;
    Buffer<PlasticWeight> watched_weights_;
};

}  // namespace snnsim
