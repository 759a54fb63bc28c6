#include "src/engine/synapses/synapse_rows.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/launch/thread_pool.hpp"
#include "snnsim/edge_list.hpp"
#include "src/engine/synapses/row_writer.hpp"

namespace snnsim {
namespace {

constexpr std::uint32_t piece_size = 64;      // rows that a thread draws at once
constexpr std::uint16_t no_segment = 0xFFFF;  // in place of a number

/// How many synapses of each source reach cells of this process.
std::vector<std::uint32_t> degrees_here(const Layout& layout, const ProjectionPlan& plan,
                                        ThreadPool& pool) {
    if (layout.whole || !plan.by_source()) return plan.degree;
    const std::uint32_t sources = plan.connection.sources;
    std::vector<std::uint32_t> degree(sources);
    pool.run((sources + piece_size - 1) / piece_size, [&](std::uint32_t piece) {
        Taken taken;
        const std::uint32_t last = std::min(sources, (piece + 1) * piece_size);
        for (std::uint32_t j = piece * piece_size; j < last; ++j) {
            std::uint32_t n = 0;
            plan.for_each(j, taken, [&](std::uint32_t target, std::uint32_t) {
                n += layout.here(plan.to, target) ? 1u : 0u;
            });
            degree[j] = n;
        }
    });
    return degree;
}

/// Whether numbers of segments are better than edges: they take longer to find.
bool numbers_are_smaller(std::uint64_t synapses, std::uint64_t edges, std::uint32_t segments) {
    return segments < no_segment &&
           2 * synapses * sizeof(std::uint16_t) < edges * sizeof(std::uint32_t);
}

void size_rows(const Layout& layout, const std::vector<ProjectionPlan>& plans, RowIndex index,
               ThreadPool& pool, SynapseRows& rows) {
    std::vector<std::uint64_t> words(layout.rows);
    for (const ProjectionPlan& p : plans) {
        const std::uint32_t first = layout.populations[p.from].first_row;
        const std::vector<std::uint32_t> degree = degrees_here(layout, p, pool);
        for (std::uint32_t j = 0; j < p.connection.sources; ++j)
            words[first + j] += std::uint64_t{degree[j]} * rows.words_per_synapse(p.from);
    }
    rows.row_start.assign(layout.rows + 1, 0);
    std::uint64_t at = 0, edges = 0, numbers = 0;
    for (std::size_t p = 0; p < layout.populations.size(); ++p) {
        const PopulationLayout& population = layout.populations[p];
        const std::uint32_t size = rows.words_per_synapse(p);
        at += at % size;  // wide synapses lie at even words
        const std::uint64_t first = at;
        for (std::uint32_t j = 0; j < population.size; ++j) {
            rows.row_start[population.first_row + j] = at;
            at += words[population.first_row + j];
        }
        rows.first_edge.push_back(edges);
        rows.numbers.push_back({numbers, first});
        const std::uint64_t own = std::uint64_t{population.size} * rows.edges_per_row(p);
        const std::uint64_t synapses = (at - first) / size;
        const bool numbered = index == RowIndex::smaller &&
                              numbers_are_smaller(synapses, own, rows.edges_per_row(p) - 1);
        rows.numbered.push_back(numbered ? 1 : 0);
        if (numbered) {
            numbers += synapses + 1;  // the next population may begin a word later
        } else {
            edges += own;
        }
    }
    rows.segment.assign(numbers, no_segment);
    rows.row_start.back() = at;
    rows.segment_edge.resize(edges);
    rows.synapses = HugeArray<PackedSynapse>(at);
}

void write_rows(const Layout& layout, const std::vector<ProjectionPlan>& plans, ThreadPool& pool,
                SynapseRows& rows) {
    for (std::size_t p = 0; p < layout.populations.size(); ++p) {
        const PopulationLayout& population = layout.populations[p];
        pool.run((population.size + piece_size - 1) / piece_size, [&](std::uint32_t piece) {
            RowWriter writer(layout);
            std::vector<std::uint32_t> edges(rows.is_numbered(p) ? rows.edges_per_row(p) : 0);
            const std::uint32_t last = std::min(population.size, (piece + 1) * piece_size);
            for (std::uint32_t j = piece * piece_size; j < last; ++j) {
                writer.start(rows.delays[p], rows.words_per_synapse(p));
                for (const ProjectionPlan& plan : plans) {
                    if (plan.from == p) writer.add(plan, j);
                }
                const std::uint64_t start = rows.row_start[population.first_row + j];
                PackedSynapse* const out = rows.synapses.get() + start;
                if (rows.is_numbered(p)) {
                    writer.finish(edges.data(), out);
                    std::uint16_t* const to = rows.segment.data() + rows.number_of(p, start);
                    const std::uint32_t size = rows.words_per_synapse(p);
                    for (std::size_t s = 0; s + 1 < edges.size(); ++s)
                        std::fill(to + edges[s] / size, to + edges[s + 1] / size,
                                  static_cast<std::uint16_t>(s));
                } else {
                    writer.finish(rows.segment_edge.data() + rows.first_edge[p] +
                                      std::uint64_t{j} * rows.edges_per_row(p),
                                  out);
                }
            }
        });
    }
}

/// What ranks know of their own targets becomes what is so of all: synapses of each source, and the
/// delays that there are. Leaves the plan as it is, but for these.
std::vector<std::uint32_t> degrees_of_all(ProjectionPlan& plan, Exchange& exchange) {
    if (exchange.alone() || plan.by_source()) return plan.degree;
    std::vector<std::uint64_t> degree(plan.degree.begin(), plan.degree.end());
    exchange.sum(degree);
    if (plan.delay_by) {
        const bool any = !plan.drawn.empty();
        const std::uint32_t low = exchange.least(any ? plan.reach.first : 0xFFFFFFFFu),
                            high = exchange.greatest(any ? plan.reach.first + plan.reach.count - 1
                                                         : std::uint32_t{0});
        plan.reach = {};
        plan.reach.add(std::min(low, std::max(high, 1u)), std::max(high, 1u));
    }
    return {degree.begin(), degree.end()};
}

/// What learns may come to weigh something.
std::vector<std::uint32_t> fan_out(const SynapsesSpec& p,
                                   const std::vector<std::uint32_t>& degree) {
    if (!p.edges || !p.edges->trained || p.plasticity) return degree;
    std::vector<std::uint32_t> out(degree.size());
    for (std::size_t k = 0; k < p.edges->source.size(); ++k)
        out[p.edges->source[k]] += p.edges->weight[k] != 0.0 ? 1u : 0u;
    return out;
}

}  // namespace

Synapses build_synapses(const SimulationSpec& spec, const Layout& layout, int threads,
                        Storage (*storage_of_machine)(const SynapsesSpec&), Exchange& exchange,
                        RowIndex index) {
    ThreadPool pool(threads);
    WeightPlan weights = plan_weights(spec);
    std::vector<ProjectionPlan> plans = plan_projections(spec, weights.grid, pool, &layout);
    Synapses out;
    std::vector<ProjectionPlan> in_rows;
    for (std::size_t k = 0; k < plans.size(); ++k) {
        const SynapsesSpec& p = spec.projections[k];
        const std::vector<std::uint32_t> degree = degrees_of_all(plans[k], exchange);
        out.counts.push_back(std::accumulate(degree.begin(), degree.end(), std::uint64_t{0}));
        out.fan_out.push_back(fan_out(p, degree));
        const Storage storage = storage_of_machine(p);
        out.bytes.push_back(bytes_per_synapse(spec, weights, p, storage));
        switch (storage) {
            case Storage::rows:
                in_rows.push_back(std::move(plans[k]));
                break;
            case Storage::dense:
                out.dense.push_back(
                    build_dense(plans[k], layout, weights.wide[plans[k].from], pool));
                break;
            case Storage::stencil:
                out.stencils.push_back(build_stencil(plans[k]));
                break;
            case Storage::procedural:
                out.procedural.push_back(std::move(plans[k]));
                break;
            case Storage::plastic:
                out.plastic.push_back({k, std::move(plans[k])});
                break;
        }
    }
    out.grid = std::move(weights.grid);
    out.rows.blocks = static_cast<std::uint32_t>(layout.blocks.size());
    out.rows.wide = std::move(weights.wide);
    out.rows.delays = delay_ranges(in_rows, layout.populations.size());
    size_rows(layout, in_rows, index, pool, out.rows);
    write_rows(layout, in_rows, pool, out.rows);
    return out;
}

void report_synapses(const Synapses& synapses, EngineReport& report) {
    for (const std::uint64_t count : synapses.counts) report.synapses += count;
    report.projection_synapses = synapses.counts;
    report.projection_bytes = synapses.bytes;
    for (std::size_t p = 0; p < synapses.grid.scale.size(); ++p)
        report.weight_steps.push_back(synapses.grid.steps(p));
}

}  // namespace snnsim
