#include "src/engine/plastic_projection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/plasticity/release.hpp"
#include "kernels/plasticity/short_term.hpp"
#include "kernels/plasticity/synapse.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/engine/plastic_constants.hpp"
#include "src/engine/quantile.hpp"
#include "src/engine/structure.hpp"
#include "src/engine/target_spikes.hpp"

namespace snnsim {
namespace {

template <class R>
class PlasticOf final : public PlasticProjection {
    static constexpr bool learns = rule_learns<R>;
    static constexpr bool has_own = rule_has_own<R>;
    static constexpr std::int64_t quiet_interval = 64;  // steps between two looks for quiet targets

    struct Block {
        std::vector<LastArrival<R>> last;   // [segment]
        std::vector<ShortTerm> short_term;  // [segment]
        std::vector<float> own;             // [synapse], of rules that pair once
        std::vector<std::uint8_t> ready;    // [synapse], of several sites
        TargetSpikes<R> posts;
        float reward = 0.0f;               // n, of rules that wait for it
        std::vector<std::uint32_t> fired;  // [target], since the last scaling
        std::vector<float> rate;           // [target], Hz
        std::int64_t done = 0;  // what reaches a synapse earlier has been applied; see SegmentTime
    };

  public:
    PlasticOf(const SimulationSpec& spec, std::size_t number, const typename R::Params& params,
              const ProjectionPlan& plan, const Layout& layout, const WeightGrid& grid,
              ThreadPool& pool)
        : spec_(spec.projections[number]),
          place_(
              fmt::format("{}:{}:{}: {}", spec.path, spec_.at.line, spec_.at.column, spec_.name())),
          unit_(weight_unit(spec_)),
          seed_(spec.seed),
          fixed_(spec_, params, spec.dt),
          constants_(fixed_.rule) {
        projection = number;
        from = plan.from;
        to = plan.to;
        const std::size_t receptor = grid.scale[to].size() == 2 && unit_ < 0.0 ? 1 : 0;
        grid_unit_ = static_cast<float>(unit_ * grid.scale[to][receptor]);
        rows = build_plastic_rows(plan, layout, unit_ * grid.scale[to][receptor], pool);
        set_structure(plan.connection, spec.dt);
        for (std::size_t b = 0; b < layout.blocks.size(); ++b) {
            const Slice& slice = layout.blocks[b].slices[to];
            slices_.push_back(slice);
            second_.push_back(receptor == 1 ? slice.padded() : 0);
            make_block(b);
        }
    }

    void arrive(std::size_t b, std::uint32_t delay, std::int64_t t, FiredSpan fired,
                std::int32_t* sums) override {
        if (slices_[b].count == 0) return;
        for (std::uint32_t i = 0; i < fired.count; ++i)
            arrive_at(b, fired.cells[i], delay, t, sums + second_[b]);
    }

    void fire(std::size_t b, std::int64_t t, FiredSpan fired) override {
        if constexpr (learns) {
            for (std::uint32_t i = 0; i < fired.count; ++i)
                note(b, fired.cells[i] - slices_[b].first, t);
            if (fixed_.scaling_interval > 0) {
                for (std::uint32_t i = 0; i < fired.count; ++i)
                    ++blocks_[b].fired[fired.cells[i] - slices_[b].first];
            }
        }
    }

    void catch_up(std::size_t b, std::int64_t now) override {
        if constexpr (learns) {
            Block& block = blocks_[b];
            const std::int64_t done = constants_.dendritic ? now + 1 : now;
            if (block.done >= done) return;
            // Nothing waits for targets without a spike since the last time.
            const PostSpikes<R> spikes = block.posts.view();
            const std::vector<std::uint8_t> fired =
                block.posts.fired_since(block.done - longest_lag());
            for (std::uint32_t s = 0; s < rows.segments() && works(); ++s) {
                const SegmentTime<R> at = time_of(block, s);
                PlasticRows::Block& row = rows.blocks[b];
                for (std::uint32_t k = row.edge[s]; k < row.edge[s + 1]; ++k) {
                    if (!fired[row.target[k]]) continue;
                    PlasticWeight w = row.weight[k];
                    snnsim::catch_up(constants_, at, now, spikes, row.target[k], w, own(block, k));
                    if (plastic_) row.weight[k] = w;
                }
            }
            block.done = done;
        }
    }

    void read_weights(std::size_t b, float* out) const override {
        const std::vector<PlasticWeight>& weight = rows.blocks[b].weight;
        rows.for_each_segment(b, [&](std::uint64_t to, std::uint32_t at, std::uint32_t count) {
            for (std::uint32_t k = 0; k < count; ++k) out[to + k] = in_model_units(weight[at + k]);
        });
    }

    void count_weights(std::size_t b, std::vector<std::uint64_t>& bins) const override {
        const auto last = static_cast<std::int64_t>(bins.size()) - 1;
        const std::int64_t width = constants_.high - constants_.low;
        for (const PlasticWeight w : rows.blocks[b].weight) {
            const std::int64_t above = std::int64_t{w} - constants_.low;
            ++bins[static_cast<std::size_t>(std::min(last, above * (last + 1) / width))];
        }
    }

    float weight_at(std::size_t b, std::uint32_t source, std::uint32_t target,
                    std::int64_t now) override {
        float found = std::numeric_limits<float>::quiet_NaN();
        rows.for_each_between(b, source, target, [&](std::uint32_t s, std::uint32_t k) {
            Block& block = blocks_[b];
            PlasticWeight w = rows.blocks[b].weight[k];
            float trace = has_own ? block.own[k] : 0.0f;
            if constexpr (learns) {
                if (plastic_)
                    snnsim::catch_up(constants_, time_of(block, s), now, block.posts.view(), target,
                                     w, &trace);
            }
            found = in_model_units(w);
        });
        return found;
    }

    void normalise(std::size_t b, double sum) override {
        PlasticRows::Block& row = rows.blocks[b];
        std::vector<std::int64_t> sums(slices_[b].count);  // whole numbers: in any order
        for (std::size_t k = 0; k < row.weight.size(); ++k) sums[row.target[k]] += row.weight[k];
        const double wanted = sum / unit_ * double{weight_one};
        std::vector<double> factor(sums.size());
        for (std::size_t i = 0; i < sums.size(); ++i)
            factor[i] = normalising_factor(wanted, sums[i]);
        multiply(row, factor);
    }

    bool reward([[maybe_unused]] double amount) override {
        if constexpr (Modulated<R>) {
            for (Block& block : blocks_) block.reward += static_cast<float>(amount);
        }
        return Modulated<R>;
    }

    void end_step(std::size_t b, std::int64_t t) override {
        if constexpr (QuietWithoutPosts<R>) {
            if (t % quiet_interval == 0)
                blocks_[b].posts.find_quiet(t + 1 - longest_lag() - fixed_.silent_after);
        }
        if constexpr (Modulated<R>) {
            if ((t + 1) % constants_.waiting.interval == 0) {
                catch_up(b, t + 1);
                follow_reward(b);
            }
        }
        const auto due = [&](std::int64_t interval) {
            return interval > 0 && plastic_ && (t + 1) % interval == 0;
        };
        if (due(fixed_.normalise_interval)) {
            catch_up(b, t + 1);
            normalise(b, fixed_.normalised_sum);
        }
        if (due(fixed_.scaling_interval)) {
            catch_up(b, t + 1);
            scale(b);
        }
    }

    std::int64_t next_change(std::int64_t now) const override {
        std::int64_t next = std::numeric_limits<std::int64_t>::max();
        if (structure_interval_ > 0) next = (now / structure_interval_ + 1) * structure_interval_;
        for (const std::int64_t step : fixed_.schedule) {
            if (step > now) return std::min(next, step);
        }
        return next;
    }
    void change(std::int64_t now) override {
        const std::vector<std::int64_t>& times = fixed_.schedule;
        if (std::find(times.begin(), times.end(), now) != times.end()) {
            for (std::size_t b = 0; b < blocks_.size(); ++b) catch_up(b, now);
            constants_.learning_rate = fixed_.learning_rate(now);
        }
        if (structure_interval_ > 0 && plastic_ && now % structure_interval_ == 0) rewire(now);
    }

    void set_plastic(bool plastic, std::int64_t now) override {
        for (std::size_t b = 0; b < blocks_.size(); ++b) catch_up(b, now);
        plastic_ = plastic;
    }

    PlasticState state(std::int64_t now) override {
        PlasticState out;
        out.plastic = plastic_;
        for (std::size_t b = 0; b < blocks_.size(); ++b) catch_up(b, now);
        copy_synapses(
            out.weight, [&](std::size_t b) -> auto& { return rows.blocks[b].weight; }, Copy::out);
        copy_synapses(
            out.own, [&](std::size_t b) -> auto& { return blocks_[b].own; }, Copy::out);
        copy_synapses(
            out.ready, [&](std::size_t b) -> auto& { return blocks_[b].ready; }, Copy::out);
        const Block& any = blocks_[first_block()];  // all blocks know the same of their sources
        out.done = any.done;
        out.reward = any.reward;
        for (const LastArrival<R>& last : any.last) {
            out.arrived.push_back(last.steps);
            out.pre.insert(out.pre.end(), last.before, last.before + R::pre_traces);
        }
        for (const ShortTerm& s : any.short_term) {
            out.resources.push_back(s.x);
            out.resources.push_back(s.u);
        }
        for (Block& block : blocks_) {
            if constexpr (learns) block.posts.save(now - longest_lag(), out);
            out.fired.insert(out.fired.end(), block.fired.begin(), block.fired.end());
            out.rate.insert(out.rate.end(), block.rate.begin(), block.rate.end());
        }
        if (structure_interval_ > 0) {
            out.structure = structure;
            save_ends(rows, slices_, out);
        }
        return out;
    }

    void set_state(const PlasticState& state, std::int64_t now) override {
        PlasticState in = state;
        plastic_ = in.plastic;
        constants_.learning_rate = fixed_.learning_rate(now);
        if (structure_interval_ > 0) {
            structure = in.structure;
            for (std::size_t b = 0; b < blocks_.size(); ++b)
                set_synapses(rows, b, synapses_between(in, slices_[b]), traces(b));
            rows.renumber();
        }
        SNN_EXPECT(in.weight.size() == rows.size());
        copy_synapses(
            in.weight, [&](std::size_t b) -> auto& { return rows.blocks[b].weight; }, Copy::in);
        copy_synapses(
            in.own, [&](std::size_t b) -> auto& { return blocks_[b].own; }, Copy::in);
        copy_synapses(
            in.ready, [&](std::size_t b) -> auto& { return blocks_[b].ready; }, Copy::in);
        std::size_t target = 0, spike = 0, first = 0;
        for (Block& block : blocks_) {
            std::copy_n(in.fired.data() + first, block.fired.size(), block.fired.begin());
            std::copy_n(in.rate.data() + first, block.rate.size(), block.rate.begin());
            first += block.fired.size();
            block.done = in.done;
            block.reward = in.reward;
            for (std::size_t s = 0; s < block.last.size(); ++s) {
                block.last[s].steps = in.arrived[s];
                std::copy_n(in.pre.data() + s * R::pre_traces, R::pre_traces, block.last[s].before);
            }
            for (std::size_t s = 0; s < block.short_term.size(); ++s)
                block.short_term[s] = {in.resources[2 * s], in.resources[2 * s + 1]};
            if constexpr (learns) block.posts.load(in, target, spike);
        }
    }

    std::size_t bytes() const override {
        std::size_t bytes = rows.bytes();
        for (const Block& b : blocks_)
            bytes += b.last.size() * sizeof(LastArrival<R>) +
                     b.short_term.size() * sizeof(ShortTerm) + b.own.size() * sizeof(float) +
                     b.ready.size() + b.posts.bytes();
        return bytes;
    }

  private:
    void set_structure(const Connection& connection, double dt) {
        if (!spec_.plasticity || !spec_.plasticity->structure) return;
        const StructureSpec& s = *spec_.plasticity->structure;
        if (rows.delays.count != 1)
            throw ModelError(fmt::format("{}: structure needs one delay for all synapses", place_));
        const auto weight = [this](const Distribution& d) {
            return static_cast<PlasticWeight>(
                std::floor(d.mean / unit_ * double{weight_one} + 0.5));
        };
        structure_interval_ = std::llround(s.interval / dt);
        structure_rule_.below = weight(s.below);
        structure_rule_.rewire = s.rewire;
        structure_rule_.grown.weight = weight(s.weight);
        structure_rule_.grown.own = R::pairs_once ? -1.0f : 0.0f;  // bumped: 0
        if (spec_.short_term && spec_.release)
            structure_rule_.grown.ready = static_cast<std::uint8_t>(spec_.release->sites);
        structure_rule_.sources = connection.sources;
        structure_rule_.skips_itself = connection.skips_itself();
    }

    void make_block(std::size_t b) {
        Block& block = blocks_.emplace_back();
        PlasticRows::Block& row = rows.blocks[b];
        block.last.resize(rows.segments());
        if (spec_.short_term) block.short_term.resize(rows.segments());
        if (spec_.short_term && spec_.release)
            block.ready.assign(row.weight.size(), static_cast<std::uint8_t>(spec_.release->sites));
        if constexpr (has_own) block.own.resize(row.weight.size());
        if constexpr (learns) {
            block.posts.resize(slices_[b].count);
            for (PlasticWeight& w : row.weight) w = checked(w);
            if (fixed_.scaling_interval > 0) {
                block.fired.assign(slices_[b].count, 0);
                block.rate.assign(slices_[b].count,
                                  static_cast<float>(spec_.plasticity->scaling->rate));
            }
            if (spec_.plasticity->normalise) check_rows(b);
            if (structure_interval_ > 0 && structure_rule_.rewire) check_degrees(b);
        }
    }
    /// An initial weight within its bounds, but for what the grid took from it.
    PlasticWeight checked(PlasticWeight w) const {
        constexpr std::int64_t rounding = 100000;
        if (w < constants_.low - rounding || w > constants_.high + rounding)
            throw ModelError(fmt::format(
                "{}: a weight of {:g} lies outside w_min ({:g}) and w_max ({:g})", place_,
                w / double{weight_one} * unit_, spec_.plasticity->w_min.mean, unit_));
        return constants_.bounded(w);
    }

    /// Where sums are kept, every target has weights.
    void check_rows(std::size_t b) const {
        std::vector<std::int64_t> sums(slices_[b].count);
        const PlasticRows::Block& row = rows.blocks[b];
        for (std::size_t k = 0; k < row.weight.size(); ++k) sums[row.target[k]] += row.weight[k];
        for (std::uint32_t i = 0; i < slices_[b].count; ++i) {
            if (sums[i] == 0)
                throw ModelError(fmt::format(
                    "{}: cell {} of '{}' has no weights to normalise: their sum is 0; connect "
                    "every target, with weights above 0",
                    place_, slices_[b].first + i, spec_.to));
        }
    }

    /// Where synapses are replaced, a free source is left for each.
    void check_degrees(std::size_t b) const {
        std::vector<std::uint32_t> degree(slices_[b].count);
        for (const std::uint16_t target : rows.blocks[b].target) ++degree[target];
        for (std::uint32_t i = 0; i < slices_[b].count; ++i) {
            const std::uint32_t cell = slices_[b].first + i;
            const bool itself = structure_rule_.skips_itself && cell < structure_rule_.sources;
            const std::uint32_t most = structure_rule_.sources - (itself ? 1 : 0);
            if (degree[i] > most)
                throw ModelError(fmt::format(
                    "{}: cell {} of '{}' has {} synapses from {} sources, and rewiring joins a "
                    "pair but once; connect it with multapses: false, or write rewire: false",
                    place_, cell, spec_.to, degree[i], most));
        }
    }

    /// Structural plasticity, in all blocks.
    void rewire(std::int64_t now) {
        StructureCount sum;
        for (std::size_t b = 0; b < blocks_.size(); ++b) {
            if (slices_[b].count == 0) continue;
            catch_up(b, now);
            std::vector<PlasticSynapse> synapses = synapses_of(rows, b, traces(b));
            const StructureTargets targets{
                slices_[b].first, slices_[b].count,
                RandomKey{seed_, Stream::rewiring, 0, static_cast<std::uint32_t>(now),
                          static_cast<std::uint32_t>(projection)}};
            const StructureCount count = restructure(structure_rule_, targets, synapses);
            set_synapses(rows, b, synapses, traces(b));
            sum.pruned += count.pruned;
            sum.grown += count.grown;
        }
        rows.renumber();
        structure.step.push_back(static_cast<std::uint32_t>(now));
        structure.pruned.push_back(sum.pruned);
        structure.grown.push_back(sum.grown);
    }
    SynapseTraces traces(std::size_t b) {
        return {has_own ? &blocks_[b].own : nullptr,
                spec_.short_term && spec_.release ? &blocks_[b].ready : nullptr};
    }

    void multiply(PlasticRows::Block& row, const std::vector<double>& factor) const {
        for (std::size_t k = 0; k < row.weight.size(); ++k)
            row.weight[k] = multiplied(constants_, row.weight[k], factor[row.target[k]]);
    }
    /// What rules do that wait for a reward, after an interval.
    void follow_reward(std::size_t b) {
        Block& block = blocks_[b];
        PlasticRows::Block& row = rows.blocks[b];
        const float gain = fixed_.reward.gain(block.reward);
        for (std::size_t k = 0; k < row.weight.size(); ++k)
            fixed_.reward.follow(constants_, gain, plastic_, row.weight[k], block.own[k]);
        block.reward = fixed_.reward.decayed(block.reward);
    }
    /// Synaptic scaling, after an interval.
    void scale(std::size_t b) {
        Block& block = blocks_[b];
        std::vector<double> factor(block.rate.size());
        for (std::size_t i = 0; i < factor.size(); ++i) {
            factor[i] = fixed_.scaling.factor(block.fired[i], block.rate[i]);
            block.fired[i] = 0;
        }
        multiply(rows.blocks[b], factor);
    }

    float in_model_units(PlasticWeight w) const {
        return static_cast<float>(w / double{weight_one} * unit_);
    }
    std::size_t first_block() const {
        std::size_t b = 0;
        while (slices_[b].count == 0) ++b;
        return b;
    }
    float* own(Block& block, std::uint32_t synapse) const {
        return has_own ? block.own.data() + synapse : nullptr;
    }
    /// Something is left to do of synapses whose weights stay: traces of their own.
    bool works() const { return plastic_ || has_own; }
    std::int64_t lag_of(std::uint32_t segment) const {
        return constants_.dendritic ? 2 * (static_cast<std::int64_t>(rows.delays.first) +
                                           segment % rows.delays.count)
                                    : 0;
    }
    std::int64_t longest_lag() const { return lag_of(rows.delays.count - 1); }
    SegmentTime<R> time_of(const Block& block, std::uint32_t segment) const {
        const LastArrival<R>& last = block.last[segment];
        const std::int64_t seen = constants_.dendritic ? last.step() + 1 : last.step();
        return {last, lag_of(segment), std::max(seen, block.done)};
    }

    void arrive_at(std::size_t b, std::uint32_t cell, std::uint32_t delay, std::int64_t t,
                   std::int32_t* sums) {
        Block& block = blocks_[b];
        const std::uint32_t segment = cell * rows.delays.count + delay;
        LastArrival<R>& last = block.last[segment];
        float factor = 1.0f, recovered = 0.0f;
        if (spec_.short_term) {
            const std::int64_t age = t - last.step();
            const Decay recovery = fixed_.recovery.view();
            recovered = last.steps == 0 ? 1.0f : 1.0f - recovery(age);
            ShortTerm& s = block.short_term[segment];
            s = ShortTerm::at_spike(s, static_cast<float>(spec_.short_term->u_0), recovery,
                                    fixed_.facilitation.view(), age, last.steps == 0);
            factor = spec_.release ? s.u : s.released();
        }
        LastArrival<R> now;
        now.steps = static_cast<std::uint32_t>(t + 1);
        constants_.pre_at(last, t, now.before);
        if constexpr (learns) {
            if (works()) learn(b, segment, t, now.before);
        }
        last = now;
        if (spec_.release) {
            release(b, cell, segment, t, factor, recovered, sums);
        } else {
            deliver(b, segment, factor * grid_unit_, sums);
        }
    }
    void learn(std::size_t b, std::uint32_t segment, std::int64_t t, const float* pre) {
        Block& block = blocks_[b];
        PlasticRows::Block& row = rows.blocks[b];
        const SegmentTime<R> at = time_of(block, segment);
        const PostSpikes<R> spikes = block.posts.view();
        constexpr std::uint32_t ahead = 12;  // synapses whose targets' spikes are on their way
        const std::uint32_t end = row.edge[segment + 1];
        if constexpr (QuietWithoutPosts<R>) {
            if (at.done - at.lag >= block.posts.quiet_since()) {
                for (std::uint32_t k = row.edge[segment]; k < end; ++k) {
                    if (!block.posts.active(row.target[k])) continue;
                    PlasticWeight w = row.weight[k];
                    snnsim::arrive(constants_, at, t, pre, spikes, row.target[k], w, nullptr);
                    if (plastic_) row.weight[k] = w;
                }
                return;
            }
        }
        for (std::uint32_t k = row.edge[segment]; k < end; ++k) {
            if (k + ahead < end) {
                const std::uint32_t next = row.target[k + ahead];
                prefetch(&spikes.at(next, spikes.count[next] - 1));
            }
            PlasticWeight w = row.weight[k];
            snnsim::arrive(constants_, at, t, pre, spikes, row.target[k], w, own(block, k));
            if (plastic_) row.weight[k] = w;
        }
    }
    static std::int32_t rounded(float x) { return static_cast<std::int32_t>(std::floor(x + 0.5f)); }
    void deliver(std::size_t b, std::uint32_t segment, float unit, std::int32_t* sums) const {
        const PlasticRows::Block& row = rows.blocks[b];
        for (std::uint32_t k = row.edge[segment]; k < row.edge[segment + 1]; ++k)
            sums[row.target[k]] += rounded(in_w_max(row.weight[k]) * unit);
    }
    /// The same where each synapse may fail.
    void release(std::size_t b, std::uint32_t cell, std::uint32_t segment, std::int64_t t, float u,
                 float recovered, std::int32_t* sums) {
        const PlasticRows::Block& row = rows.blocks[b];
        const RandomKey key{seed_, Stream::release, cell, static_cast<std::uint32_t>(t),
                            static_cast<std::uint32_t>(projection)};
        const auto first = static_cast<std::uint32_t>(rows.first_number(b, segment) -
                                                      rows.number[cell * rows.delays.count]);
        const auto sites = static_cast<std::uint32_t>(spec_.release->sites);
        const float p = static_cast<float>(spec_.release->p);
        for (std::uint32_t k = row.edge[segment]; k < row.edge[segment + 1]; ++k) {
            const Philox4 random = key.draw(first + k - row.edge[segment]);
            const float share = spec_.short_term
                                    ? static_cast<float>(release_sites(
                                          random, sites, blocks_[b].ready[k], recovered, u)) /
                                          static_cast<float>(sites)
                                : binomial(random.word[0], 1, p) > 0 ? 1.0f
                                                                     : 0.0f;
            sums[row.target[k]] += rounded(in_w_max(row.weight[k]) * share * grid_unit_);
        }
    }

    /// Notes a spike of a target. The one that makes room for it is known to all its synapses.
    void note(std::size_t b, std::uint32_t target, std::int64_t t) {
        TargetSpikes<R>& posts = blocks_[b].posts;
        const auto has_room = [&] {
            return !posts.full(target) ||
                   posts.may_forget(target, blocks_[b].done - longest_lag() - 1);
        };
        if (!has_room()) {
            catch_up(b, t);
            if (!has_room()) posts.grow();
        }
        posts.add(constants_, target, t);
    }

    enum class Copy : std::uint8_t { out, in };
    /// Between [number of the synapse] and the blocks; `of(b)` may be empty in all blocks.
    template <class T, class Of>
    void copy_synapses(std::vector<T>& all, Of&& of, Copy direction) {
        for (std::size_t b = 0; b < blocks_.size(); ++b) {
            std::vector<T>& mine = of(b);
            if (mine.empty()) continue;
            if (direction == Copy::out) all.resize(rows.size());
            rows.for_each_segment(b, [&](std::uint64_t to, std::uint32_t at, std::uint32_t count) {
                T* const there = all.data() + to;
                T* const here = mine.data() + at;
                direction == Copy::out ? std::copy_n(here, count, there)
                                       : std::copy_n(there, count, here);
            });
        }
    }

    const SynapsesSpec spec_;
    const std::string place_;  // of the projection in the model file, and its name
    const double unit_;        // see weight_unit
    const std::uint64_t seed_;
    float grid_unit_ = 1.0f;  // steps of the target's grid in it
    bool plastic_ = true;
    std::int64_t structure_interval_ = 0;  // steps; 0: never
    StructureRule structure_rule_;
    const PlasticConstants<R> fixed_;
    RuleConstants<R> constants_;         // with the learning rate of now
    std::vector<Slice> slices_;          // [block], of the targets
    std::vector<std::uint32_t> second_;  // [block]: from a target's first sum to the one used
    std::vector<Block> blocks_;
};

}  // namespace

double weight_unit(const SynapsesSpec& projection) {
    if (projection.plasticity) return projection.plasticity->w_max.mean;
    double low = 0.0, high = 0.0;
    const auto add = [&](double w) {
        low = std::min(low, w);
        high = std::max(high, w);
    };
    if (projection.edges && !projection.edges->weight.empty()) {
        for (const double w : projection.edges->weight) add(w);
    } else {
        const Quantile quantile(projection.weight);
        for (const double u : {1e-5, 1.0 - 1e-5})
            add(projection.weight.constant() ? projection.weight.mean : quantile(u));
    }
    if (low < 0.0 && high > 0.0)
        throw ModelError(fmt::format(
            "{}: with short_term or release all weights have one sign; these go from {:g} to {:g}",
            projection.name(), low, high));
    return low < 0.0 ? low : high > 0.0 ? high : 1.0;
}

std::unique_ptr<PlasticProjection> make_plastic(const SimulationSpec& spec, std::size_t projection,
                                                const ProjectionPlan& plan, const Layout& layout,
                                                const WeightGrid& grid, ThreadPool& pool) {
    const SynapsesSpec& p = spec.projections[projection];
    if (!p.plasticity)
        return std::make_unique<PlasticOf<NoRule>>(spec, projection, NoRule::Params{}, plan, layout,
                                                   grid, pool);
    return PlasticityRules::visit(
        p.plasticity->rule,
        [&]<class R>(const typename R::Params& params) -> std::unique_ptr<PlasticProjection> {
            static_assert(PlasticityRule<R>);
            return std::make_unique<PlasticOf<R>>(spec, projection, params, plan, layout, grid,
                                                  pool);
        });
}

}  // namespace snnsim
