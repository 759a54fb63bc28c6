#include "src/engine/synapses/projection_plan.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/engine/place_of.hpp"
#include "src/engine/quantile.hpp"
#include "src/text/words.hpp"

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
        const double positive = grid.scale[to][reached.positive],
                     negative = grid.scale[to][reached.negative];
        plans[k].dt = spec.dt;
        plans[k].weight_scale[0] = positive;
        plans[k].weight_scale[1] = negative;
        plans[k].weight_by = p.weight.by;
        plans[k].delay_by = p.delay.by;
        if (!p.weight.by) plans[k].weights = weights.of(p.weight, {positive, negative}, on_grid);
        if (!p.delay.by) plans[k].delays = delays.of(p.delay, {}, in_steps);
        if (!p.edges) continue;
        if (!p.edges->weight.empty()) plans[k].weight_by.reset();
        if (!p.edges->delay.empty()) plans[k].delay_by.reset();
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

/// Which targets of a projection are drawn here.
class TargetsHere {
  public:
    TargetsHere(const Layout* layout, std::size_t population)
        : layout_(layout && !layout->whole ? layout : nullptr), population_(population) {}
    bool operator()(std::uint32_t target) const {
        return !layout_ || layout_->here(population_, target);
    }

  private:
    const Layout* layout_;
    std::size_t population_;
};

/// fixed_in_degree: draws the sources of every target and sorts them by source.
void draw_by_target(ProjectionPlan& plan, const TargetsHere& here, ThreadPool& pool) {
    const Connection& c = plan.connection;
    constexpr std::uint32_t piece_size = 256;
    const std::uint32_t pieces = (c.targets + piece_size - 1) / piece_size;
    std::vector<std::atomic<std::uint32_t>> count(c.sources);
    const auto for_all = [&](auto&& f) {
        pool.run(pieces, [&](std::uint32_t piece) {
            Taken taken;
            const std::uint32_t last = std::min(c.targets, (piece + 1) * piece_size);
            for (std::uint32_t target = piece * piece_size; target < last; ++target) {
                if (!here(target)) continue;
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

/// The first cell, in order of numbers, that something is wrong with.
class FirstTrouble {
  public:
    void at(std::uint32_t cell) {
        std::uint32_t known = cell_.load();
        while (cell < known && !cell_.compare_exchange_weak(known, cell)) {
        }
    }
    bool there() const { return cell_.load() != none; }
    std::uint32_t cell() const { return cell_.load(); }

  private:
    static constexpr std::uint32_t none = 0xFFFFFFFFu;
    std::atomic<std::uint32_t> cell_{none};
};

/// Of fixed_in_degree (`targets`) or fixed_out_degree: every cell finds its partners.
void check_candidates(const SimulationSpec& spec, const SynapsesSpec& p, const Connection& c,
                      bool targets, ThreadPool& pool) {
    FirstTrouble trouble;
    const auto partners = [&](std::uint32_t cell) {
        std::int64_t count = 0;
        const auto add = [&](std::uint32_t, double) { ++count; };
        if (targets) {
            c.space->for_each_source(cell, add);
        } else {
            c.space->for_each_target(cell, add);
        }
        return count;
    };
    const std::int64_t least =
        c.connect.multapses ? std::min<std::int64_t>(1, c.connect.n) : c.connect.n;
    pool.run(targets ? c.targets : c.sources, [&](std::uint32_t cell) {
        if (partners(cell) < least) trouble.at(cell);
    });
    if (!trouble.there()) return;
    const std::int64_t found = partners(trouble.cell());
    throw ModelError(fmt::format(
        "{}{}: cell {} of '{}' has {} under the mask and kernel, but n is {}; write a smaller n, a "
        "larger mask{}",
        place_of(spec, p.at), p.name(), trouble.cell(), targets ? p.to : p.from,
        counted(found, targets ? "source" : "target"), c.connect.n,
        found > 0 ? ", or multapses: true" : ""));
}

struct Pair {
    std::uint32_t source, target, attributes;
};

/// Pairs that were drawn in pieces, one piece after the other.
void sort_pairs(ProjectionPlan& plan, const std::vector<std::vector<Pair>>& pieces) {
    for (const std::vector<Pair>& piece : pieces) {
        for (const Pair& p : piece) ++plan.degree[p.source];
    }
    make_pieces(plan);
    std::vector<std::uint64_t> next(plan.drawn_start.begin(), plan.drawn_start.end() - 1);
    for (const std::vector<Pair>& piece : pieces) {
        for (const Pair& p : piece) plan.drawn[next[p.source]++] = {p.target, p.attributes};
    }
}

constexpr std::uint32_t cells_of_piece = 256;

template <class Draw>
void draw_in_pieces(ProjectionPlan& plan, std::uint32_t cells, ThreadPool& pool, Draw&& draw) {
    const std::uint32_t count = (cells + cells_of_piece - 1) / cells_of_piece;
    std::vector<std::vector<Pair>> pieces(count);
    pool.run(count, [&](std::uint32_t piece) {
        const std::uint32_t last = std::min(cells, (piece + 1) * cells_of_piece);
        for (std::uint32_t cell = piece * cells_of_piece; cell < last; ++cell)
            draw(cell, pieces[piece]);
    });
    sort_pairs(plan, pieces);
}

/// fixed_in_degree by the distance.
void draw_near_targets(ProjectionPlan& plan, const TargetsHere& here, ThreadPool& pool) {
    const Connection& c = plan.connection;
    draw_in_pieces(plan, c.targets, pool, [&](std::uint32_t target, std::vector<Pair>& out) {
        if (!here(target)) return;
        Candidates all;
        c.space->for_each_source(
            target, [&](std::uint32_t source, double chance) { all.add(source, chance); });
        choose_partners(c.key(target), static_cast<std::uint32_t>(c.connect.n), all,
                        c.connect.multapses, [&](std::uint32_t source, std::uint32_t attributes) {
                            out.push_back({source, target, attributes});
                        });
    });
}

/// Each two cells once: what is drawn for the lower number connects both ways.
void draw_symmetric(ProjectionPlan& plan, const TargetsHere& here, ThreadPool& pool) {
    const Connection& c = plan.connection;
    draw_in_pieces(plan, c.sources, pool, [&](std::uint32_t cell, std::vector<Pair>& out) {
        const auto connect = [&](std::uint32_t other, std::uint32_t attributes) {
            if (here(other)) out.push_back({cell, other, attributes});
            if (here(cell)) out.push_back({other, cell, attributes});
        };
        if (c.near()) {
            SynapseWords words(c.key(cell));
            c.space->for_each_target(cell, [&](std::uint32_t other, double chance) {
                if (other <= cell) return;
                const auto [word, attributes] = words.next();
                if (static_cast<double>(word) < chance * 4294967296.0) connect(other, attributes);
            });
            return;
        }
        const std::uint32_t others = c.sources - 1 - cell;
        if (others == 0) return;
        const std::vector<std::uint32_t> thresholds = binomial_thresholds(others, c.connect.p);
        const std::uint32_t word =
            RandomKey{c.seed, Stream::out_degree, cell, c.number, 0}.draw(0).word[0];
        const auto degree = static_cast<std::uint32_t>(
            std::upper_bound(thresholds.begin(), thresholds.end(), word) - thresholds.begin());
        Taken taken;
        draw_partners(c.key(cell), degree, others, others, false, taken,
                      [&](std::uint32_t other, std::uint32_t attributes) {
                          connect(cell + 1 + other, attributes);
                      });
    });
}

/// How many synapses the distance leaves each source.
void count_near(ProjectionPlan& plan, ThreadPool& pool) {
    const std::uint32_t count = (plan.connection.sources + cells_of_piece - 1) / cells_of_piece;
    pool.run(count, [&](std::uint32_t piece) {
        const std::uint32_t last = std::min(plan.connection.sources, (piece + 1) * cells_of_piece);
        for (std::uint32_t j = piece * cells_of_piece; j < last; ++j) {
            std::uint32_t n = 0;
            draw_near(plan.connection, j, [&](std::uint32_t, std::uint32_t) { ++n; });
            plan.degree[j] = n;
        }
    });
}

/// Looks at every delay that follows from a distance.
void find_reach(const SimulationSpec& spec, const SynapsesSpec& p, ProjectionPlan& plan,
                ThreadPool& pool) {
    if (!plan.delay_by) {
        plan.reach.add(plan.delays.smallest(), plan.delays.largest());
        return;
    }
    FirstTrouble trouble;
    std::mutex lock;
    const std::uint32_t count = (plan.connection.sources + cells_of_piece - 1) / cells_of_piece;
    pool.run(count, [&](std::uint32_t piece) {
        DelayRange reach;
        Taken taken;
        const std::uint32_t last = std::min(plan.connection.sources, (piece + 1) * cells_of_piece);
        for (std::uint32_t j = piece * cells_of_piece; j < last; ++j)
            plan.for_each(j, taken, [&](std::uint32_t target, std::uint32_t) {
                const std::uint32_t steps =
                    plan.delay_at(plan.connection.space->distance(j, target));
                if (steps == 0 || steps > most_delay_steps) trouble.at(j);
                reach.add(steps, steps);
            });
        if (reach.count == 0) return;
        const std::lock_guard<std::mutex> held(lock);
        plan.reach.add(reach.first, reach.first + reach.count - 1);
    });
    if (plan.reach.count == 0) plan.reach.add(1, 1);
    if (!trouble.there()) return;
    std::string pair;
    Taken taken;
    plan.for_each(trouble.cell(), taken, [&](std::uint32_t target, std::uint32_t) {
        const double far = plan.connection.space->distance(trouble.cell(), target);
        const std::uint32_t steps = plan.delay_at(far);
        if (!pair.empty() || (steps > 0 && steps <= most_delay_steps)) return;
        pair = fmt::format(
            "the delay from cell {} to cell {}, {:g} apart, is {:g} ms, {}", trouble.cell(), target,
            far, (*plan.delay_by)(far),
            steps == 0
                ? fmt::format(
                      "less than half a dt ({:g} ms); write a greater offset{}", spec.dt,
                      trouble.cell() == target && p.from == p.to ? ", or autapses: false" : "")
                : fmt::format("more than {:.0f} steps of dt; write a smaller slope, or low "
                              "and high",
                              most_delay_steps));
    });
    throw ModelError(fmt::format("{}{}: {}", place_of(spec, p.at), p.name(), pair));
}

/// Draws what cannot be drawn source by source, and counts the rest.
void draw(const SimulationSpec& spec, const SynapsesSpec& p, ProjectionPlan& plan,
          const TargetsHere& here, ThreadPool& pool) {
    Connection& c = plan.connection;
    const Rule rule = c.connect.rule;
    if (c.near() && (rule == Rule::fixed_in_degree || rule == Rule::fixed_out_degree))
        check_candidates(spec, p, c, rule == Rule::fixed_in_degree, pool);
    if (c.by_stubs) {
        c.first_stub.assign(c.sources + 1, 0);
        for (std::uint32_t j = 0; j < c.sources; ++j)
            c.first_stub[j + 1] = c.first_stub[j] + plan.degree[j];
    } else if (rule == Rule::fixed_in_degree) {
        c.near() ? draw_near_targets(plan, here, pool) : draw_by_target(plan, here, pool);
    } else if (rule == Rule::symmetric_pairwise_bernoulli) {
        draw_symmetric(plan, here, pool);
    } else if (c.near()) {
        count_near(plan, pool);
    }
}

void sort_list(ProjectionPlan& plan, const TargetsHere& here, const EdgeList& edges) {
    for (std::size_t k = 0; k < edges.source.size(); ++k)
        plan.degree[edges.source[k]] += here(edges.target[k]) ? 1u : 0u;
    make_pieces(plan);
    std::vector<std::uint64_t> next(plan.drawn_start.begin(), plan.drawn_start.end() - 1);
    for (std::size_t k = 0; k < edges.source.size(); ++k) {
        if (here(edges.target[k]))
            plan.drawn[next[edges.source[k]]++] = {edges.target[k], static_cast<std::uint32_t>(k)};
    }
}

}  // namespace

std::vector<DelayRange> delay_ranges(const std::vector<ProjectionPlan>& plans,
                                     std::size_t populations) {
    std::vector<DelayRange> ranges(populations);
    for (const ProjectionPlan& p : plans) {
        DelayRange& r = ranges[p.from];
        r.add(p.reach.first, p.reach.first + p.reach.count - 1);
    }
    return ranges;
}

std::vector<ProjectionPlan> plan_projections(const SimulationSpec& spec, const WeightGrid& grid,
                                             ThreadPool& pool, const Layout* layout) {
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
        const SynapsesSpec& p = spec.projections[k];
        const Rule rule = plans[k].connection.connect.rule;
        const TargetsHere here(layout, plans[k].to);
        if (rule == Rule::list || rule == Rule::conv || rule == Rule::pool) {
            SNN_EXPECT(p.edges);  // see load_edges
            sort_list(plans[k], here, *p.edges);
        } else {
            draw(spec, p, plans[k], here, pool);
        }
        find_reach(spec, p, plans[k], pool);
    }
    return plans;
}

}  // namespace snnsim
