#include "src/engine/plasticity/plastic_rows.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

constexpr std::uint32_t piece_size = 64;  // rows that a thread draws at once

/// Calls f(source, taken) for all sources, in pieces.
template <class F>
void for_each_source(std::uint32_t sources, ThreadPool& pool, F&& f) {
    pool.run((sources + piece_size - 1) / piece_size, [&](std::uint32_t piece) {
        Taken taken;
        const std::uint32_t last = std::min(sources, (piece + 1) * piece_size);
        for (std::uint32_t j = piece * piece_size; j < last; ++j) f(j, taken);
    });
}

struct Drawn {
    std::uint32_t segment, target;
    std::int32_t weight;
};

/// From units of w_max. Weights somewhat beyond their bounds are told of later.
PlasticWeight weight_of(double w) {
    return static_cast<PlasticWeight>(
        std::floor(std::clamp(w, -1.9, 1.9) * static_cast<double>(weight_one) + 0.5));
}

}  // namespace

std::size_t PlasticRows::bytes() const {
    std::size_t bytes = (number.size() + before.size()) * sizeof(std::uint64_t);
    for (const Block& b : blocks)
        bytes += b.edge.size() * sizeof(std::uint32_t) + b.target.size() * sizeof(std::uint16_t) +
                 b.weight.size() * sizeof(PlasticWeight);
    return bytes;
}

void PlasticRows::set_synapses(std::size_t block, const std::vector<PlasticSynapse>& synapses) {
    SNN_EXPECT(delays.count == 1);
    Block& b = blocks[block];
    std::fill(b.edge.begin(), b.edge.end(), 0u);
    b.target.resize(synapses.size());
    b.weight.resize(synapses.size());
    for (std::size_t k = 0; k < synapses.size(); ++k) {
        ++b.edge[synapses[k].source + 1];
        b.target[k] = synapses[k].target;
        b.weight[k] = synapses[k].weight;
    }
    for (std::size_t s = 1; s < b.edge.size(); ++s) b.edge[s] += b.edge[s - 1];
}

void PlasticRows::renumber() {
    number.assign(segments() + 1, 0);
    for (const Block& b : blocks) {
        for (std::uint32_t s = 0; s < segments(); ++s) number[s + 1] += b.edge[s + 1] - b.edge[s];
    }
    if (!exchange->alone()) {
        before.assign(number.begin() + 1, number.end());
        exchange->sum_before(before);
        exchange->sum(number);
    }
    for (std::size_t s = 1; s < number.size(); ++s) number[s] += number[s - 1];
}

PlasticRows build_plastic_rows(const ProjectionPlan& plan, const Layout& layout, double unit,
                               ThreadPool& pool, Exchange& exchange) {
    PlasticRows rows;
    rows.exchange = &exchange;
    const std::uint32_t first = plan.reach.first;
    rows.delays = plan.reach;
    rows.sources = plan.connection.sources;
    constexpr std::uint64_t most = 0xFFFFFFFFu;  // segments, and synapses of a block
    if (std::uint64_t{rows.sources} * rows.delays.count > most)
        throw DeviceError(
            "the sources of a projection with plasticity times its delays are more than " +
            std::to_string(most) + "; give it fewer delays, or split the population");
    rows.blocks.resize(layout.blocks.size());
    for (PlasticRows::Block& b : rows.blocks) b.edge.assign(rows.segments() + 1, 0);

    const std::vector<PanelPlace>& panels = layout.panels[plan.to];
    const auto segment_of = [&](std::uint32_t source, std::uint32_t delay) {
        return source * rows.delays.count + delay - first;
    };
    for_each_source(rows.sources, pool, [&](std::uint32_t j, Taken& taken) {
        plan.for_each_weight(
            j, taken, [&](std::uint32_t target, std::int32_t, std::uint32_t delay) {
                if (!layout.here(plan.to, target)) return;
                ++rows.blocks[panels[target / cell_panel].block].edge[segment_of(j, delay) + 1];
            });
    });
    for (PlasticRows::Block& b : rows.blocks) {
        std::uint64_t at = 0;
        for (std::uint32_t s = 1; s <= rows.segments(); ++s) {
            at += b.edge[s];
            if (at > most)
                throw DeviceError("a thread would hold more than " + std::to_string(most) +
                                  " synapses of a projection with plasticity; take more threads "
                                  "or ranks");
            b.edge[s] = static_cast<std::uint32_t>(at);
        }
        b.target.resize(at);
        b.weight.resize(at);
    }
    rows.renumber();

    for_each_source(rows.sources, pool, [&](std::uint32_t j, Taken& taken) {
        std::vector<Drawn> row;
        plan.for_each_weight(j, taken,
                             [&](std::uint32_t target, std::int32_t weight, std::uint32_t delay) {
                                 if (!layout.here(plan.to, target)) return;
                                 row.push_back({segment_of(j, delay), target, weight});
                             });
        // Blocks hold ascending targets: so the order is the same in any layout.
        std::stable_sort(row.begin(), row.end(), [](const Drawn& a, const Drawn& b) {
            return a.segment != b.segment ? a.segment < b.segment : a.target < b.target;
        });
        std::vector<std::uint32_t> used(rows.blocks.size(), 0);
        for (std::size_t k = 0; k < row.size(); ++k) {
            const Drawn& d = row[k];
            if (k > 0 && row[k - 1].segment != d.segment) std::fill(used.begin(), used.end(), 0u);
            const std::size_t b = panels[d.target / cell_panel].block;
            PlasticRows::Block& block = rows.blocks[b];
            const std::uint32_t at = block.edge[d.segment] + used[b]++;
            block.target[at] =
                static_cast<std::uint16_t>(d.target - layout.blocks[b].slices[plan.to].first);
            block.weight[at] = weight_of(d.weight / unit);
        }
    });
    return rows;
}

}  // namespace snnsim
