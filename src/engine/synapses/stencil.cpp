#include "src/engine/synapses/stencil.hpp"

#include <map>

#include "kernels/synapses/packed.hpp"
#include "snnsim/error.hpp"

namespace snnsim {

StencilProjection build_stencil(const ProjectionPlan& plan) {
    const Connection& c = plan.connection;
    SNN_EXPECT(c.space && c.space->on_one_grid());
    const Grid& grid = c.space->to().grid;
    const bool columns = grid.order == GridOrder::columns;
    const std::size_t order[3] = {columns ? 0u : 2u, 1u, columns ? 2u : 0u};
    StencilProjection out;
    out.from = plan.from;
    out.to = plan.to;
    out.reached = plan.reached;
    out.grid.periodic = c.space->to().periodic;
    for (int k = 0; k < 3; ++k) out.grid.size[k] = grid.size[order[k]];
    std::map<std::uint32_t, std::vector<StencilOffset>> by_delay;
    for (const PairSpace::Offset& o : c.space->offsets()) {
        StencilOffset to{};
        for (int k = 0; k < 3; ++k) {
            to.fields[k] = o.fields[order[k]];
            to.shift = to.shift * static_cast<std::int32_t>(out.grid.size[k]) + to.fields[k];
        }
        to.weight = plan.weight_by ? plan.weight_at(o.distance) : plan.weights.constant;
        by_delay[plan.delay_by ? plan.delay_at(o.distance) : plan.delays.constant].push_back(to);
    }
    for (auto& [delay, offsets] : by_delay) {
        StencilProjection::Group& g = out.groups.emplace_back();
        g.delay = delay;
        g.offsets = std::move(offsets);
        for (int k = 0; k < 3; ++k) g.low[k] = g.high[k] = g.offsets[0].fields[k];
        for (const StencilOffset& o : g.offsets) {
            for (int k = 0; k < 3; ++k) {
                g.low[k] = std::min(g.low[k], o.fields[k]);
                g.high[k] = std::max(g.high[k], o.fields[k]);
            }
        }
    }
    return out;
}

void add_stencil(const StencilProjection& p, const StencilProjection::Group& group, FiredSpan fired,
                 const Slice& slice, std::int32_t* sums) {
    const auto positive = static_cast<std::uint32_t>(p.reached.positive) * slice.padded(),
               negative = static_cast<std::uint32_t>(p.reached.negative) * slice.padded();
    if (!fired.values) {
        for_each_reached(p, group, fired, slice, [&](std::uint32_t i, std::int32_t weight, float) {
            sums[i + (weight < 0 ? negative : positive)] += weight;
        });
        return;
    }
    for_each_reached(
        p, group, fired, slice, [&](std::uint32_t i, std::int32_t weight, float value) {
            sums[i + (weight < 0 ? negative : positive)] += graded_weight(weight, value);
        });
}

std::uint64_t stencil_events(const StencilProjection& p, const StencilProjection::Group& group,
                             FiredSpan fired, const Slice& slice) {
    std::uint64_t count = 0;
    for_each_reached(p, group, fired, slice, [&](std::uint32_t, std::int32_t, float) { ++count; });
    return count;
}

}  // namespace snnsim
