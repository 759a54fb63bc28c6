#include "src/engine/plasticity/plastic_network.hpp"

#include <algorithm>
#include <limits>

#include "snnsim/error.hpp"
#include "src/engine/plasticity/collect_state.hpp"

namespace snnsim {

PlasticNetwork::PlasticNetwork(const SimulationSpec& spec, const Layout& layout,
                               std::vector<NumberedPlan> plans, const WeightGrid& grid, int threads,
                               Exchange& exchange)
    : dt_(spec.dt), exchange_(&exchange) {
    if (plans.empty()) return;
    ThreadPool pool(threads);
    for (const NumberedPlan& p : plans) {
        projections_.push_back(
            make_plastic(spec, p.projection, p.plan, layout, grid, pool, exchange));
        learns_.push_back(spec.projections[p.projection].plasticity.has_value());
    }
    for (const CellBlock& block : layout.blocks) {
        for (const auto& p : projections_) first_target_.push_back(block.slices[p->to].first);
    }
    records_ = WeightRecords(spec, layout, projections_);
}

void PlasticNetwork::end_step(std::size_t block, std::int64_t t) {
    for (const auto& p : projections_) p->end_step(block, t);
    records_.end_step(block, t);
}

std::int64_t PlasticNetwork::next_change(std::int64_t now) const {
    std::int64_t next = std::numeric_limits<std::int64_t>::max();
    for (const auto& p : projections_) next = std::min(next, p->next_change(now));
    return next;
}

void PlasticNetwork::change(std::int64_t now) {
    for (const auto& p : projections_) p->change(now);
}

void PlasticNetwork::read_weights(std::int64_t now, std::size_t most,
                                  const TakeWeights& take) const {
    for (std::size_t k = 0; k < projections_.size(); ++k) {
        if (!learns_[k]) continue;
        const PlasticRows& rows = projections_[k]->rows;
        for (std::size_t b = 0; b < rows.blocks.size(); ++b) projections_[k]->catch_up(b, now);
        std::uint32_t from = 0;
        do {
            std::uint32_t to = from;
            while (to < rows.segments() &&
                   (to == from || rows.number[to + 1] - rows.number[from] <= most))
                ++to;
            ProjectionWeights w = part(k, from, to);
            if (!exchange_->alone()) collect_weights(rows, from, to, w);
            if (from == 0) w.structure = projections_[k]->structure;
            take(w);
            from = to;
        } while (from < rows.segments());
    }
}

/// Segments from .. to - 1.
ProjectionWeights PlasticNetwork::part(std::size_t k, std::uint32_t from, std::uint32_t to) const {
    const PlasticProjection& p = *projections_[k];
    const PlasticRows& rows = p.rows;
    ProjectionWeights w;
    w.projection = p.projection;
    w.first = rows.number[from];
    const std::size_t size = rows.number[to] - w.first;
    w.source.resize(size);
    w.target.resize(size);
    w.delay.resize(size);
    w.weight.resize(size);
    for (std::size_t b = 0; b < rows.blocks.size(); ++b) {
        const PlasticRows::Block& row = rows.blocks[b];
        const std::uint32_t first_target = first_target_[b * projections_.size() + k];
        for (std::uint32_t s = from; s < to; ++s) {
            std::uint64_t at = rows.first_number(b, s) - w.first;
            for (std::uint32_t i = row.edge[s]; i < row.edge[s + 1]; ++i, ++at) {
                w.source[at] = s / rows.delays.count;
                w.target[at] = first_target + row.target[i];
                w.delay[at] = static_cast<float>((rows.delays.first + s % rows.delays.count) * dt_);
                w.weight[at] = p.weight_of(row.weight[i]);
            }
        }
    }
    return w;
}

void PlasticNetwork::normalise(std::size_t projection, double sum, std::int64_t now) {
    for (std::size_t k = 0; k < projections_.size(); ++k) {
        PlasticProjection& p = *projections_[k];
        if (p.projection != projection || !learns_[k]) continue;
        for (std::size_t b = 0; b < p.rows.blocks.size(); ++b) {
            p.catch_up(b, now);
            p.normalise(b, sum);
        }
        return;
    }
    throw UsageError("normalise needs a projection with plasticity");
}

void PlasticNetwork::reward(double amount, std::int64_t now) {
    check_reward();
    for (const auto& p : projections_) p->reward(amount, now);
}

void PlasticNetwork::check_reward() const {
    if (std::none_of(projections_.begin(), projections_.end(),
                     [](const auto& p) { return p->waits_for_reward(); }))
        throw UsageError("reward: no projection has a rule that waits for it");
}

void PlasticNetwork::set_plastic(bool plastic, std::int64_t now) {
    for (const auto& p : projections_) p->set_plastic(plastic, now);
}

std::vector<PlasticState> PlasticNetwork::state(std::int64_t now) const {
    std::vector<PlasticState> out;
    for (const auto& p : projections_) {
        out.push_back(p->state(now));
        out.back().watched = records_.last_of(*p, *exchange_);
    }
    return out;
}

void PlasticNetwork::set_state(const std::vector<PlasticState>& state, std::int64_t now) {
    SNN_EXPECT(state.size() == projections_.size());
    for (std::size_t k = 0; k < state.size(); ++k) {
        projections_[k]->set_state(state[k], now);
        records_.set_last(*projections_[k], state[k].watched);
    }
}

void PlasticNetwork::report_rewired(std::int64_t now, WorkCounter& work, Rewired which) const {
    for (const auto& p : projections_) {
        const std::vector<std::uint32_t>& steps = p->structure.step;
        if (steps.empty() || (which == Rewired::now && steps.back() != now)) continue;
        work.change(now, p->projection, fan_out_of(p->rows));
    }
}

void PlasticNetwork::add_released(std::vector<SynapticWork>& work) const {
    for (const auto& p : projections_) {
        if (const auto released = p->released(); released && !work.empty())
            work[p->projection].operations = exchange_->sum(*released);
    }
}

std::size_t PlasticNetwork::bytes() const {
    std::size_t bytes = 0;
    for (const auto& p : projections_) bytes += p->bytes();
    return bytes;
}

}  // namespace snnsim
