#include "src/engine/plasticity/plastic_projection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/plasticity/synapse.hpp"
#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/engine/place_of.hpp"
#include "src/engine/plasticity/collect_state.hpp"
#include "src/engine/plasticity/plastic_block.hpp"
#include "src/engine/plasticity/structure.hpp"
#include "src/engine/quantile.hpp"

namespace snnsim {
namespace {

template <class R>
class PlasticOf final : public PlasticProjection {
    static constexpr bool learns = rule_learns<R>;
    using Block = PlasticBlock<R>;

  public:
    PlasticOf(const SimulationSpec& spec, std::size_t number, const typename R::Params& params,
              const ProjectionPlan& plan, const Layout& layout, const WeightGrid& grid,
              ThreadPool& pool, Exchange& exchange)
        : spec_(spec.projections[number]),
          place_(place_of(spec, spec_.at) + spec_.name()),
          unit_(weight_unit(spec, spec_, spec.populations[plan.to])),
          seed_(spec.seed),
          common_(spec_, params, spec.dt) {
        projection = number;
        from = plan.from;
        to = plan.to;
        const std::size_t receptor = plan.reached.of(unit_);
        common_.unit = unit_;
        common_.from = from;
        common_.release = common_.fixed.release(unit_ * grid.scale[to][receptor], seed_,
                                                static_cast<std::uint32_t>(projection));
        rows = build_plastic_rows(plan, layout, unit_ * grid.scale[to][receptor], pool, exchange);
        set_structure(plan.connection, spec.dt);
        blocks_.reserve(layout.blocks.size());
        for (std::size_t b = 0; b < layout.blocks.size(); ++b) {
            const Slice& slice = layout.blocks[b].slices[to];
            slices_.push_back(slice);
            blocks_.emplace_back(common_, rows, b, slice,
                                 static_cast<std::uint32_t>(receptor) * slice.padded());
            if constexpr (learns) start_learning(b);
        }
    }

    void arrive(std::size_t b, std::int64_t t, const FiredHistory& history,
                std::int32_t* sums) override {
        blocks_[b].arrive(t, history, sums);
    }
    std::uint64_t events(std::size_t b) const override { return blocks_[b].events(); }
    void fire(std::size_t b, std::int64_t t, FiredSpan fired) override {
        blocks_[b].fire(t, fired);
    }
    bool reads_voltages() const override { return ReadsVoltages<R>; }
    void set_voltages(std::size_t b, const TargetVoltages& of) override {
        blocks_[b].set_voltages(of);
    }
    void set_gamma(std::array<std::vector<const float*>, 2> gamma) override {
        common_.gamma = std::move(gamma);
    }
    void catch_up(std::size_t b, std::int64_t now) override { blocks_[b].catch_up(now); }

    float weight_of(PlasticWeight w) const override {
        return static_cast<float>(w / double{weight_one} * unit_);
    }
    void read_weights(std::size_t b, float* out) const override {
        const std::vector<PlasticWeight>& weight = rows.blocks[b].weight;
        rows.for_each_segment(b, [&](std::uint64_t to, std::uint32_t at, std::uint32_t count) {
            for (std::uint32_t k = 0; k < count; ++k) out[to + k] = weight_of(weight[at + k]);
        });
    }

    void count_weights(std::size_t b, std::vector<std::uint64_t>& bins) const override {
        const auto last = static_cast<std::int64_t>(bins.size()) - 1;
        const std::int64_t low = common_.rule.low, width = common_.rule.high - low;
        for (const PlasticWeight w : rows.blocks[b].weight)
            ++bins[static_cast<std::size_t>(std::min(last, (w - low) * (last + 1) / width))];
    }

    float weight_at(std::size_t b, std::uint32_t source, std::uint32_t target,
                    std::int64_t now) override {
        float found = std::numeric_limits<float>::quiet_NaN();
        rows.for_each_between(b, source, target, [&](std::uint32_t s, std::uint32_t k) {
            Block& block = blocks_[b];
            PlasticWeight w = rows.blocks[b].weight[k];
            float trace = block.own.empty() ? 0.0f : block.own[k];
            if constexpr (learns) {
                if (common_.rule.plastic)
                    snnsim::catch_up(block.rule(), block.time_of(s), now, block.posts.view(),
                                     target, w, &trace);
            }
            found = weight_of(w);
        });
        return found;
    }

    void normalise(std::size_t b, double sum) override { blocks_[b].normalise(sum); }

    bool waits_for_reward() const override {
        if constexpr (KeepsVariable<R>)
            return common_.rule.rule.takes_reward;
        else
            return Modulated<R>;
    }
    void reward([[maybe_unused]] double amount, [[maybe_unused]] std::int64_t now) override {
        if constexpr (Modulated<R>) {
            for (Block& block : blocks_) block.add_reward(amount, now);
        }
        if constexpr (KeepsVariable<R>) {
            if (!waits_for_reward()) return;
            for (Block& block : blocks_) block.reward_all(static_cast<float>(amount), now);
            if (R::reward_changes_variable(common_.rule.rule)) common_.rule.rewarded = now - 1;
        }
    }

    void end_step(std::size_t b, std::int64_t t) override { blocks_[b].end_step(t); }

    std::int64_t next_change(std::int64_t now) const override {
        std::int64_t next = std::numeric_limits<std::int64_t>::max();
        if (structure_interval_ > 0) next = (now / structure_interval_ + 1) * structure_interval_;
        for (const std::int64_t step : common_.fixed.schedule) {
            if (step > now) return std::min(next, step);
        }
        return next;
    }
    void change(std::int64_t now) override {
        const std::vector<std::int64_t>& times = common_.fixed.schedule;
        if (std::find(times.begin(), times.end(), now) != times.end()) {
            // set_state, by which a device brings its state, knows the rate from `now` on.
            common_.rule.learning_rate = common_.fixed.learning_rate(now - 1);
            for (Block& block : blocks_) block.catch_up(now);
            settle(now, 1.0f);
            common_.rule.learning_rate = common_.fixed.learning_rate(now);
            settle(now, -1.0f);
        }
        if (structure_interval_ > 0 && common_.rule.plastic && now % structure_interval_ == 0)
            rewire(now);
    }

    void set_plastic(bool plastic, std::int64_t now) override {
        for (Block& block : blocks_) block.catch_up(now);
        if (plastic == common_.rule.plastic) return;
        settle(now, 1.0f);
        common_.rule.plastic = plastic;
        settle(now, -1.0f);
    }

    PlasticState state(std::int64_t now) override {
        PlasticState out = own_state(now);
        if (structure_interval_ > 0) {
            out.structure = structure;
            save_ends(rows, slices_, out);
        }
        if (!rows.exchange->alone()) collect_state(rows, common_.release.by_synapse(), out);
        return out;
    }
    PlasticState own_state(std::int64_t now) override {
        PlasticState out;
        out.plastic = common_.rule.plastic;
        for (Block& block : blocks_) block.catch_up(now);
        copy_synapses(
            out.weight, [&](std::size_t b) -> auto& { return rows.blocks[b].weight; }, Copy::out);
        copy_synapses(
            out.own, [&](std::size_t b) -> auto& { return blocks_[b].own; }, Copy::out);
        copy_synapses(
            out.ready, [&](std::size_t b) -> auto& { return blocks_[b].ready; }, Copy::out);
        const Block& any = blocks_[block_with_targets()];
        out.done = any.done;
        out.reward = any.reward;
        out.rewarded = common_.rule.rewarded;
        out.released = released().value_or(0);
        for (const LastArrival<R>& last : any.last) {
            out.arrived.push_back(last.steps);
            out.pre.insert(out.pre.end(), last.before, last.before + R::pre_traces);
        }
        std::vector<ShortTerm> resources;
        if (common_.release.by_synapse()) {
            copy_synapses(
                resources, [&](std::size_t b) -> auto& { return blocks_[b].short_term; },
                Copy::out);
        } else {
            resources = any.short_term;
        }
        for (const ShortTerm& s : resources) {
            out.resources.push_back(s.x);
            out.resources.push_back(s.u);
        }
        for (Block& block : blocks_) {
            if constexpr (learns) block.posts.save(now - block.longest_lag(), out);
            out.fired.insert(out.fired.end(), block.fired.begin(), block.fired.end());
            out.rate.insert(out.rate.end(), block.rate.begin(), block.rate.end());
        }
        return out;
    }

    void set_state(const PlasticState& state, std::int64_t now) override {
        PlasticState in = state;
        if (structure_interval_ > 0) {
            structure = in.structure;
            for (std::size_t b = 0; b < blocks_.size(); ++b)
                set_synapses(rows, b, synapses_between(in, slices_[b]), traces(b));
            rows.renumber();
        }
        if (!rows.exchange->leads()) in.released = 0;
        take_state(in, slices_.front().first, now);
    }
    void set_own_state(const PlasticState& state, std::int64_t now) override {
        PlasticState in = state;
        take_state(in, 0, now);
    }

    std::size_t bytes() const override {
        std::size_t bytes = rows.bytes();
        for (const Block& block : blocks_) bytes += block.bytes();
        return bytes;
    }

    std::optional<std::uint64_t> released() const override {
        if (!common_.release.stochastic) return std::nullopt;
        std::uint64_t sum = 0;
        for (const Block& block : blocks_) sum += block.released;
        return sum;
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
        structure_interval_ = step_of(s.interval, dt);
        structure_rule_.below = weight(s.below);
        structure_rule_.rewire = s.rewire;
        structure_rule_.grown.weight = weight(s.weight);
        structure_rule_.grown.own = R::pairs_once ? -1.0f : 0.0f;  // bumped: 0
        if (spec_.short_term && spec_.release)
            structure_rule_.grown.ready = static_cast<std::uint8_t>(spec_.release->sites);
        structure_rule_.sources = connection.sources;
        structure_rule_.skips_itself = connection.skips_itself();
    }

    void start_learning(std::size_t b) {
        Block& block = blocks_[b];
        for (PlasticWeight& w : rows.blocks[b].weight) w = checked(w);
        if (common_.fixed.scaling_interval > 0) {
            block.fired.assign(slices_[b].count, 0);
            block.rate.assign(slices_[b].count,
                              static_cast<float>(spec_.plasticity->scaling->rate));
        }
        if (spec_.plasticity->normalise) check_rows(b);
        if (structure_interval_ > 0 && structure_rule_.rewire) check_degrees(b);
    }
    /// An initial weight within its bounds, but for what the grid took from it.
    PlasticWeight checked(PlasticWeight w) const {
        constexpr std::int64_t rounding = 100000;
        if (w < common_.rule.low - rounding || w > common_.rule.high + rounding)
            throw ModelError(fmt::format(
                "{}: a weight of {:g} lies outside w_min ({:g}) and w_max ({:g})", place_,
                w / double{weight_one} * unit_, spec_.plasticity->w_min.mean, unit_));
        return common_.rule.bounded(w);
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

    /// See PlasticBlock::settle_interval; nothing of weights that stay.
    void settle([[maybe_unused]] std::int64_t now, [[maybe_unused]] float sign) {
        if constexpr (Modulated<R>) {
            for (Block& block : blocks_) block.settle_interval(now, sign);
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
            blocks_[b].sums.all_changed();
            sum.pruned += count.pruned;
            sum.grown += count.grown;
        }
        rows.renumber();
        std::uint64_t counts[] = {sum.pruned, sum.grown};
        rows.exchange->sum(counts);
        structure.step.push_back(static_cast<std::uint32_t>(now));
        structure.pruned.push_back(counts[0]);
        structure.grown.push_back(counts[1]);
    }
    SynapseTraces traces(std::size_t b) {
        return {keeps_own(common_.rule) ? &blocks_[b].own : nullptr,
                spec_.short_term && spec_.release ? &blocks_[b].ready : nullptr};
    }

    /// All that have targets know the same of their sources. The last block of all always has.
    std::size_t block_with_targets() const {
        std::size_t b = slices_.size() - 1;
        while (b > 0 && slices_[b].count == 0) --b;
        return b;
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

    /// Of a state, in which the targets of this rank begin at place `first`.
    void take_state(PlasticState& in, std::size_t first, std::int64_t now) {
        common_.rule.plastic = in.plastic;
        common_.rule.rewarded = in.rewarded;
        common_.rule.learning_rate = common_.fixed.learning_rate(now);
        SNN_EXPECT(in.weight.size() == rows.size());
        copy_synapses(
            in.weight, [&](std::size_t b) -> auto& { return rows.blocks[b].weight; }, Copy::in);
        copy_synapses(
            in.own, [&](std::size_t b) -> auto& { return blocks_[b].own; }, Copy::in);
        copy_synapses(
            in.ready, [&](std::size_t b) -> auto& { return blocks_[b].ready; }, Copy::in);
        std::vector<ShortTerm> resources;
        for (std::size_t s = 0; s < in.resources.size(); s += 2)
            resources.push_back({in.resources[s], in.resources[s + 1]});
        if (common_.release.by_synapse())
            copy_synapses(
                resources, [&](std::size_t b) -> auto& { return blocks_[b].short_term; }, Copy::in);
        std::size_t target = first, spike = 0;
        if (!in.post_count.empty())
            spike = std::accumulate(in.post_count.begin(),
                                    in.post_count.begin() + static_cast<std::ptrdiff_t>(target),
                                    std::size_t{0});
        for (Block& block : blocks_) {
            std::copy_n(in.fired.data() + first, block.fired.size(), block.fired.begin());
            std::copy_n(in.rate.data() + first, block.rate.size(), block.rate.begin());
            first += block.fired.size();
            block.done = in.done;
            block.reward = in.reward;
            block.released = &block == blocks_.data() ? in.released : 0;
            block.sums.all_changed();
            for (std::size_t s = 0; s < block.last.size(); ++s) {
                block.last[s].steps = in.arrived[s];
                std::copy_n(in.pre.data() + s * R::pre_traces, R::pre_traces, block.last[s].before);
            }
            if (!resources.empty() && !common_.release.by_synapse()) block.short_term = resources;
            if constexpr (learns) block.posts.load(in, target, spike);
        }
    }

    const SynapsesSpec spec_;
    const std::string place_;  // of the projection in the model file, and its name
    const double unit_;        // see weight_unit
    const std::uint64_t seed_;
    std::int64_t structure_interval_ = 0;  // steps; 0: never
    StructureRule structure_rule_;
    PlasticCommon<R> common_;
    std::vector<Slice> slices_;  // [block], of the targets
    std::vector<Block> blocks_;
};

}  // namespace

double weight_unit(const SimulationSpec& spec, const SynapsesSpec& projection,
                   const CellPopulationSpec& to) {
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
    if (low < 0.0 && high > 0.0 && reached_receptors(to, projection.receptor).one())
        return std::max(-low, high);
    if (low < 0.0 && high > 0.0)
        throw ModelError(fmt::format(
            "{}{}: with short_term or release all weights have one sign, where the target keeps "
            "excitation and inhibition apart; these go from {:g} to {:g}",
            place_of(spec, projection.at), projection.name(), low, high));
    return low < 0.0 ? low : high > 0.0 ? high : 1.0;
}

std::unique_ptr<PlasticProjection> make_plastic(const SimulationSpec& spec, std::size_t projection,
                                                const ProjectionPlan& plan, const Layout& layout,
                                                const WeightGrid& grid, ThreadPool& pool,
                                                Exchange& exchange) {
    const SynapsesSpec& p = spec.projections[projection];
    if (!p.plasticity)
        return std::make_unique<PlasticOf<NoRule>>(spec, projection, NoRule::Params{}, plan, layout,
                                                   grid, pool, exchange);
    return PlasticityRules::visit(
        p.plasticity->rule,
        [&]<class R>(const typename R::Params& params) -> std::unique_ptr<PlasticProjection> {
            static_assert(PlasticityRule<R>);
            return std::make_unique<PlasticOf<R>>(spec, projection, params, plan, layout, grid,
                                                  pool, exchange);
        });
}

}  // namespace snnsim
