#include "src/engine/synapses/projection_plan.hpp"

#include <atomic>
#include <cmath>
#include <map>
#include <tuple>

#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/engine/quantile.hpp"

namespace snnsim {
namespace {

/// Makes tables; equal ones once.
template <class T>
class Tables {
  public:
    template <class Round>
    Table<T> of(const Distribution& d, std::pair<double, double> unit, Round round) {
        if (d.constant()) return {round(d.mean), nullptr};
        auto& known = known_[{d.shape, d.mean, d.std, d.low, d.high, d.outside, d.power, unit}];
        if (!known) known = rounded(quantile_table(d, drawn_table_size), round);
        return {T{}, known};
    }
    template <class Round>
    static std::shared_ptr<const std::vector<T>> rounded(const std::vector<double>& exact,
                                                         Round round) {
        std::vector<T> values(exact.size());
        std::transform(exact.begin(), exact.end(), values.begin(), round);
        return std::make_shared<const std::vector<T>>(std::move(values));
    }

  private:
    using Key = std::tuple<Shape, double, double, double, double, Outside, double,
                           std::pair<double, double>>;
    std::map<Key, std::shared_ptr<const std::vector<T>>> known_;
};

void make_tables(const SimulationSpec& spec, const WeightGrid& grid,
                 std::vector<ProjectionPlan>& plans) {
    Tables<std::int32_t> weights;
    Tables<std::uint16_t> delays;
    for (std::size_t k = 0; k < plans.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        const std::size_t to = plans[k].to;
        const ReachedReceptors reached = plans[k].reached;
        const auto on_grid = [&](double w) { return grid.on_grid(to, reached.of(w), w); };
        const auto in_steps = [&](double delay) {
            const double steps = rounded_steps(delay, spec.dt);
            return static_cast<std::uint16_t>(std::clamp(steps, 1.0, 65535.0));
        };
        plans[k].weights = weights.of(
            p.weight, {grid.scale[to][reached.positive], grid.scale[to][reached.negative]},
            on_grid);
        plans[k].delays = delays.of(p.delay, {}, in_steps);
        if (!p.edges) continue;
        if (!p.edges->weight.empty())
            plans[k].weights.values = Tables<std::int32_t>::rounded(p.edges->weight, on_grid);
        if (!p.edges->delay.empty())
            plans[k].delays.values = Tables<std::uint16_t>::rounded(p.edges->delay, in_steps);
        plans[k].weight_mask = 0xFFFFFFFFu;
        plans[k].delay_shift = 0;
    }
}

/// Makes `drawn_start` from the number of synapses of each source, and room for them.
void make_pieces(ProjectionPlan& plan) {
    plan.drawn_start.assign(plan.degree.size() + 1, 0);
    for (std::size_t j = 0; j < plan.degree.size(); ++j)
        plan.drawn_start[j + 1] = plan.drawn_start[j] + plan.degree[j];
    plan.drawn.resize(plan.drawn_start.back());
}

/// fixed_in_degree: draws the sources of every target and sorts them by source.
void draw_by_target(ProjectionPlan& plan, ThreadPool& pool) {
    const Connection& c = plan.connection;
    constexpr std::uint32_t piece_size = 256;
    const std::uint32_t pieces = (c.targets + piece_size - 1) / piece_size;
    std::vector<std::atomic<std::uint32_t>> count(c.sources);
    const auto for_all = [&](auto&& f) {
        pool.run(pieces, [&](std::uint32_t piece) {
            Taken taken;
            const std::uint32_t last = std::min(c.targets, (piece + 1) * piece_size);
            for (std::uint32_t target = piece * piece_size; target < last; ++target) {
                draw_partners(c.key(target), static_cast<std::uint32_t>(c.connect.n), c.sources,
                              c.skips_itself() ? target : c.sources, c.connect.multapses, taken,
                              [&](std::uint32_t source, std::uint32_t attributes) {
                                  f(source, target, attributes);
                              });
            }
        });
    };
    for_all([&](std::uint32_t source, std::uint32_t, std::uint32_t) { ++count[source]; });
    for (std::uint32_t j = 0; j < c.sources; ++j) plan.degree[j] = count[j].exchange(0);
    make_pieces(plan);
    for_all([&](std::uint32_t source, std::uint32_t target, std::uint32_t attributes) {
        plan.drawn[plan.drawn_start[source] + count[source]++] = {target, attributes};
    });
    // Threads came in any order.
    pool.run(c.sources, [&](std::uint32_t j) {
        const auto from = plan.drawn.begin();
        std::sort(from + static_cast<std::ptrdiff_t>(plan.drawn_start[j]),
                  from + static_cast<std::ptrdiff_t>(plan.drawn_start[j + 1]));
    });
}

void sort_list(ProjectionPlan& plan, const EdgeList& edges) {
    for (const std::uint32_t source : edges.source) ++plan.degree[source];
    make_pieces(plan);
    std::vector<std::uint64_t> next(plan.drawn_start.begin(), plan.drawn_start.end() - 1);
    for (std::size_t k = 0; k < edges.source.size(); ++k)
        plan.drawn[next[edges.source[k]]++] = {edges.target[k], static_cast<std::uint32_t>(k)};
}

}  // namespace

std::vector<DelayRange> delay_ranges(const std::vector<ProjectionPlan>& plans,
                                     std::size_t populations) {
    std::vector<DelayRange> ranges(populations);
    for (const ProjectionPlan& p : plans) {
        DelayRange& r = ranges[p.from];
        const std::uint32_t low = p.delays.smallest(), high = p.delays.largest();
        const std::uint32_t first = r.count ? std::min(r.first, low) : low;
        const std::uint32_t last = r.count ? std::max(r.first + r.count - 1, high) : high;
        r = {first, last - first + 1};
    }
    return ranges;
}

std::vector<ProjectionPlan> plan_projections(const SimulationSpec& spec, const WeightGrid& grid,
                                             ThreadPool& pool) {
    std::vector<ProjectionPlan> plans(spec.projections.size());
    for (std::size_t k = 0; k < plans.size(); ++k) {
        plans[k].from = spec.population_index(spec.projections[k].from);
        plans[k].to = spec.population_index(spec.projections[k].to);
        plans[k].reached =
            reached_receptors(spec.populations[plans[k].to], spec.projections[k].receptor);
        plans[k].connection = connection_of(spec, k, plans[k].from, plans[k].to);
    }
    make_tables(spec, grid, plans);
    pool.run(static_cast<std::uint32_t>(plans.size()),
             [&](std::uint32_t k) { plans[k].degree = out_degrees(plans[k].connection); });
    for (std::size_t k = 0; k < plans.size(); ++k) {
        const Rule rule = plans[k].connection.connect.rule;
        if (rule == Rule::fixed_in_degree) draw_by_target(plans[k], pool);
        if (rule == Rule::list) {
            SNN_EXPECT(spec.projections[k].edges);  // see load_edges
            sort_list(plans[k], *spec.projections[k].edges);
        }
    }
    return plans;
}

}  // namespace snnsim
