#include "src/engine/synapse_rows.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <tuple>

#include "kernels/launch/thread_pool.hpp"
#include "src/engine/connect.hpp"
#include "src/engine/quantile.hpp"

namespace snnsim {
namespace {

constexpr std::size_t table_size = 65536;  // an index is half a random word

std::size_t population_index(const SimulationSpec& spec, const std::string& name) {
    const auto at = std::find_if(spec.populations.begin(), spec.populations.end(),
                                 [&](const CellPopulationSpec& p) { return p.name == name; });
    return static_cast<std::size_t>(at - spec.populations.begin());
}

/// Values that 16 random bits choose from, or the one value there is.
template <class T>
struct Table {
    T constant{};
    std::shared_ptr<const std::vector<T>> values;

    T operator[](std::uint32_t index) const { return values ? (*values)[index] : constant; }
    T smallest() const {
        return values ? *std::min_element(values->begin(), values->end()) : constant;
    }
    T largest() const {
        return values ? *std::max_element(values->begin(), values->end()) : constant;
    }
};

/// Makes tables; equal ones once.
template <class T>
class Tables {
  public:
    template <class Round>
    Table<T> of(const Distribution& d, double unit, Round round) {
        if (d.constant()) return {round(d.mean), nullptr};
        auto& known = known_[{d.shape, d.mean, d.std, d.low, d.high, d.outside, d.power, unit}];
        if (!known) {
            std::vector<T> values(table_size);
            const std::vector<double> exact = quantile_table(d, table_size);
            std::transform(exact.begin(), exact.end(), values.begin(), round);
            known = std::make_shared<const std::vector<T>>(std::move(values));
        }
        return {T{}, known};
    }

  private:
    using Key = std::tuple<Shape, double, double, double, double, Outside, double, double>;
    std::map<Key, std::shared_ptr<const std::vector<T>>> known_;
};

/// The ends of what a distribution gives.
std::pair<double, double> range_of(const Distribution& d) {
    if (d.constant()) return {d.mean, d.mean};
    const Quantile quantile(d);
    return {quantile(0.5 / table_size), quantile(1.0 - 0.5 / table_size)};
}

struct ProjectionPlan {
    Connection connection;
    std::size_t from = 0, to = 0;
    std::vector<std::uint32_t> degree;  // by source
    Table<std::int16_t> weight;
    Table<std::uint16_t> delay;  // steps
    // fixed_in_degree: what was drawn by target, by source in `degree` pieces
    struct Drawn {
        std::uint32_t target, attributes;
        auto operator<=>(const Drawn&) const = default;
    };
    std::vector<std::uint64_t> drawn_start;
    std::vector<Drawn> drawn;
};

Connection connection_of(const SimulationSpec& spec, std::size_t number, std::size_t from,
                         std::size_t to) {
    const ConnectSpec& connect = spec.projections[number].connect;
    const auto size = [&](std::size_t p) {
        return static_cast<std::uint32_t>(spec.populations[p].size);
    };
    return {
        connect,
        spec.seed,
        static_cast<std::uint32_t>(number),
        size(from),
        size(to),
        from == to,
        connect.rule == Rule::fixed_total_number ? total_number(connect, size(from), size(to)) : 0};
}

/// Synapses that a target has on average.
double mean_in_degree(const Connection& c) {
    switch (c.connect.rule) {
        case Rule::one_to_one:
            return 1.0;
        case Rule::all_to_all:
            return c.sources;
        case Rule::fixed_probability:
            return c.connect.p * c.sources;
        case Rule::fixed_in_degree:
            return static_cast<double>(c.connect.n);
        case Rule::fixed_out_degree:
            return static_cast<double>(c.connect.n) * c.sources / c.targets;
        case Rule::fixed_total_number:
            return static_cast<double>(c.total) / c.targets;
    }
    return 0.0;
}

/// What can arrive at a receptor in one step: the largest weight, and a bound of the sum.
struct Arrival {
    double largest = 0.0, sum = 0.0;

    void add(double weight, double count, bool packed) {
        if (packed) largest = std::max(largest, std::abs(weight));
        sum += std::abs(weight) * count;
    }
    /// The largest power of two that neither overflows.
    double scale() const {
        double scale = 1.0;
        const auto fits = [&](double s) {
            return largest * s <= 32767.0 && sum * s <= 2147483000.0;
        };
        if (largest == 0.0 && sum == 0.0) return scale;
        while (fits(2.0 * scale)) scale *= 2.0;
        while (!fits(scale)) scale *= 0.5;
        return scale;
    }
};

WeightGrid make_grid(const SimulationSpec& spec, const Layout& layout,
                     const std::vector<ProjectionPlan>& plans) {
    std::vector<std::vector<Arrival>> arrivals;
    for (const PopulationLayout& p : layout.populations) arrivals.emplace_back(p.receptors);
    const auto add = [&](std::size_t population, double weight, double count, bool packed) {
        std::vector<Arrival>& at = arrivals[population];
        if (at.empty()) return;
        at[at.size() == 2 && weight < 0.0 ? 1 : 0].add(weight, count, packed);
    };
    for (std::size_t k = 0; k < plans.size(); ++k) {
        // Ten standard deviations above the mean in-degree: no cell of any network has more.
        const double mean = mean_in_degree(plans[k].connection);
        const double most = std::min(mean + 10.0 * std::sqrt(mean) + 100.0,
                                     plans[k].connection.connect.multapses
                                         ? mean + 10.0 * std::sqrt(mean) + 100.0
                                         : static_cast<double>(plans[k].connection.sources));
        const auto [low, high] = range_of(spec.projections[k].weight);
        add(plans[k].to, low, most, true);
        add(plans[k].to, high, most, true);
    }
    for (const StimulusSpec& s : spec.stimuli) {
        const auto* poisson = std::get_if<PoissonStimulus::Params>(&s.kind);
        if (!poisson) continue;
        const std::size_t most = poisson_thresholds(poisson->rate * spec.dt * 1e-3).size();
        add(population_index(spec, s.to), poisson->weight.mean, static_cast<double>(most), false);
    }
    WeightGrid grid;
    for (const std::vector<Arrival>& population : arrivals) {
        grid.scale.emplace_back();
        for (const Arrival& a : population) grid.scale.back().push_back(a.scale());
    }
    return grid;
}

void make_tables(const SimulationSpec& spec, const Layout& layout, const WeightGrid& grid,
                 std::vector<ProjectionPlan>& plans) {
    Tables<std::int16_t> weights;
    Tables<std::uint16_t> delays;
    for (std::size_t k = 0; k < plans.size(); ++k) {
        const std::size_t to = plans[k].to;
        const bool two = layout.populations[to].receptors == 2;
        const double first = grid.scale[to][0], second = two ? grid.scale[to][1] : first;
        plans[k].weight =
            weights.of(spec.projections[k].weight, first + (two ? second : 0.0), [&](double w) {
                return static_cast<std::int16_t>(grid.on_grid(to, two && w < 0.0 ? 1 : 0, w));
            });
        plans[k].delay = delays.of(spec.projections[k].delay, 0.0, [&](double delay) {
            const double steps = std::floor(delay / spec.dt + 0.5);
            return static_cast<std::uint16_t>(std::clamp(steps, 1.0, 65535.0));
        });
    }
}

std::vector<DelayRange> delay_ranges(const std::vector<ProjectionPlan>& plans, std::size_t count) {
    std::vector<DelayRange> ranges(count);
    for (const ProjectionPlan& p : plans) {
        DelayRange& r = ranges[p.from];
        const std::uint32_t low = p.delay.smallest(), high = p.delay.largest();
        const std::uint32_t first = r.count ? std::min(r.first, low) : low;
        const std::uint32_t last = r.count ? std::max(r.first + r.count - 1, high) : high;
        r = {first, last - first + 1};
    }
    return ranges;
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
    plan.drawn_start.assign(c.sources + 1, 0);
    for (std::uint32_t j = 0; j < c.sources; ++j) {
        plan.degree[j] = count[j];
        plan.drawn_start[j + 1] = plan.drawn_start[j] + count[j];
        count[j] = 0;
    }
    plan.drawn.resize(plan.drawn_start.back());
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

/// Puts the synapses of one row into its segments.
class RowWriter {
  public:
    RowWriter(const Layout& layout, const std::vector<ProjectionPlan>& plans, SynapseRows& rows)
        : layout_(layout), plans_(plans), rows_(rows) {}

    void write(std::size_t population, std::uint32_t source) {
        const DelayRange delays = rows_.delays[population];
        const std::uint32_t segments = rows_.blocks * delays.count;
        packed_.clear();
        segment_.clear();
        for (const ProjectionPlan& plan : plans_) {
            if (plan.from == population) draw(plan, source, delays);
        }
        std::uint32_t* edge = rows_.segment_edge.data() + rows_.first_edge[population] +
                              static_cast<std::uint64_t>(source) * (segments + 1);
        std::fill_n(edge, segments + 1, 0u);
        for (const std::uint32_t s : segment_) ++edge[s + 1];
        for (std::uint32_t s = 0; s < segments; ++s) edge[s + 1] += edge[s];
        cursor_.assign(edge, edge + segments);
        const std::uint32_t row = layout_.populations[population].first_row + source;
        PackedSynapse* out = rows_.synapses.get() + rows_.row_start[row];
        for (std::size_t k = 0; k < packed_.size(); ++k) out[cursor_[segment_[k]]++] = packed_[k];
    }

  private:
    void draw(const ProjectionPlan& plan, std::uint32_t source, DelayRange delays) {
        const PanelPlace* panels = layout_.panels[plan.to].data();
        const bool two = layout_.populations[plan.to].receptors == 2;
        const auto emit = [&](std::uint32_t target, std::uint32_t attributes) {
            const PanelPlace place = panels[target / cell_panel];
            const std::int16_t weight = plan.weight[attributes & 0xFFFFu];
            const std::uint32_t delay = plan.delay[attributes >> 16] - delays.first;
            const std::uint32_t second = two && weight < 0 ? place.second_offset : 0u;
            const std::uint32_t slot = place.slot + target % cell_panel + second;
            packed_.push_back(pack(static_cast<std::uint16_t>(slot), weight));
            segment_.push_back(place.block * delays.count + delay);
        };
        if (plan.connection.connect.rule == Rule::fixed_in_degree) {
            for (std::uint64_t k = plan.drawn_start[source]; k < plan.drawn_start[source + 1]; ++k)
                emit(plan.drawn[k].target, plan.drawn[k].attributes);
        } else {
            draw_row(plan.connection, source, plan.degree[source], taken_, emit);
        }
    }

    const Layout& layout_;
    const std::vector<ProjectionPlan>& plans_;
    SynapseRows& rows_;
    std::vector<PackedSynapse> packed_;
    std::vector<std::uint32_t> segment_, cursor_;
    Taken taken_;
};

void size_rows(const Layout& layout, const std::vector<ProjectionPlan>& plans, SynapseRows& rows) {
    rows.row_start.assign(layout.rows + 1, 0);
    for (const ProjectionPlan& p : plans) {
        const std::uint32_t first = layout.populations[p.from].first_row;
        for (std::uint32_t j = 0; j < p.connection.sources; ++j)
            rows.row_start[first + j + 1] += p.degree[j];
    }
    for (std::uint32_t r = 0; r < layout.rows; ++r) rows.row_start[r + 1] += rows.row_start[r];
    std::uint64_t edges = 0;
    for (std::size_t p = 0; p < layout.populations.size(); ++p) {
        rows.first_edge.push_back(edges);
        edges += static_cast<std::uint64_t>(layout.populations[p].size) * rows.edges_per_row(p);
    }
    rows.segment_edge.resize(edges);
    rows.synapses = std::make_unique_for_overwrite<PackedSynapse[]>(rows.size());
}

}  // namespace

std::int32_t WeightGrid::on_grid(std::size_t population, std::size_t receptor,
                                 double weight) const {
    return static_cast<std::int32_t>(std::floor(weight * scale[population][receptor] + 0.5));
}

Synapses build_synapses(const SimulationSpec& spec, const Layout& layout, int threads) {
    ThreadPool pool(threads);
    std::vector<ProjectionPlan> plans(spec.projections.size());
    for (std::size_t k = 0; k < plans.size(); ++k) {
        plans[k].from = population_index(spec, spec.projections[k].from);
        plans[k].to = population_index(spec, spec.projections[k].to);
        plans[k].connection = connection_of(spec, k, plans[k].from, plans[k].to);
    }
    Synapses out;
    out.grid = make_grid(spec, layout, plans);
    make_tables(spec, layout, out.grid, plans);
    pool.run(static_cast<std::uint32_t>(plans.size()),
             [&](std::uint32_t k) { plans[k].degree = out_degrees(plans[k].connection); });
    for (ProjectionPlan& plan : plans) {
        if (plan.connection.connect.rule == Rule::fixed_in_degree) draw_by_target(plan, pool);
        std::uint64_t count = 0;
        for (const std::uint32_t d : plan.degree) count += d;
        out.counts.push_back(count);
    }
    out.rows.blocks = static_cast<std::uint32_t>(layout.blocks.size());
    out.rows.delays = delay_ranges(plans, layout.populations.size());
    size_rows(layout, plans, out.rows);
    constexpr std::uint32_t piece_size = 64;
    for (std::size_t p = 0; p < layout.populations.size(); ++p) {
        const std::uint32_t size = layout.populations[p].size;
        pool.run((size + piece_size - 1) / piece_size, [&](std::uint32_t piece) {
            RowWriter writer(layout, plans, out.rows);
            const std::uint32_t last = std::min(size, (piece + 1) * piece_size);
            for (std::uint32_t j = piece * piece_size; j < last; ++j) writer.write(p, j);
        });
    }
    return out;
}

}  // namespace snnsim
