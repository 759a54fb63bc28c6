#include "src/model/loops.hpp"

#include <algorithm>

#include "kernels/steps.hpp"

namespace snnsim {
namespace {

/// Projections as numbers of populations.
struct Edge {
    std::size_t from, to;
};

std::vector<Edge> edges_of(const ModelSpec& spec) {
    std::vector<Edge> edges;
    for (const ProjectionSpec& p : spec.projections)
        edges.push_back({number_of(spec, p.from), number_of(spec, p.to)});
    return edges;
}

/// The way back from each population that `start` reaches, by the edges that `use` lets through:
/// the population before it, or its own number where it is not reached.
template <class Use>
std::vector<std::size_t> search(std::size_t start, std::size_t count,
                                const std::vector<Edge>& edges, Use&& use) {
    std::vector<std::size_t> before(count);
    for (std::size_t k = 0; k < count; ++k) before[k] = k;
    std::vector<std::size_t> found{start};
    for (std::size_t at = 0; at < found.size(); ++at) {
        for (std::size_t e = 0; e < edges.size(); ++e) {
            const auto [from, to] = edges[e];
            if (from != found[at] || to >= count || to == start || before[to] != to || !use(e))
                continue;
            before[to] = from;
            found.push_back(to);
        }
    }
    return before;
}

}  // namespace

std::size_t number_of(const ModelSpec& spec, const std::string& population) {
    std::size_t k = 0;
    while (k < spec.populations.size() && spec.populations[k].name != population) ++k;
    return k;
}

std::vector<std::size_t> loops_of(const ModelSpec& spec) {
    const std::vector<Edge> edges = edges_of(spec);
    const std::size_t count = spec.populations.size();
    std::vector<std::vector<std::size_t>> reached;
    for (std::size_t k = 0; k < count; ++k)
        reached.push_back(search(k, count, edges, [](std::size_t) { return true; }));
    std::vector<std::size_t> first(count);
    for (std::size_t k = 0; k < count; ++k) {
        first[k] = k;
        for (std::size_t other = 0; other < k; ++other) {
            if (reached[k][other] == other || reached[other][k] == k) continue;
            first[k] = other;
            break;
        }
    }
    return first;
}

std::vector<bool> on_cycles(const ModelSpec& spec) {
    const std::vector<std::size_t> loops = loops_of(spec);
    std::vector<bool> on;
    for (const auto [from, to] : edges_of(spec))
        on.push_back(std::max(from, to) < loops.size() && loops[from] == loops[to]);
    return on;
}

std::vector<std::size_t> delays_of(const ModelSpec& spec) {
    const std::vector<Edge> edges = edges_of(spec);
    const std::vector<bool> on_cycle = on_cycles(spec);
    std::vector<std::size_t> delays;
    for (std::size_t k = 0; k < edges.size(); ++k) {
        const std::optional<double>& given = spec.projections[k].delay;
        const bool back = on_cycle[k] && edges[k].to <= edges[k].from;
        delays.push_back(given  ? static_cast<std::size_t>(rounded_steps(*given, spec.dt))
                         : back ? 1
                                : 0);
    }
    return delays;
}

ClosedCycle cycle_without_delay(const ModelSpec& spec) {
    const std::vector<Edge> edges = edges_of(spec);
    const std::vector<std::size_t> delays = delays_of(spec);
    const std::size_t count = spec.populations.size();
    for (std::size_t k = edges.size(); k-- > 0;) {
        const auto [from, to] = edges[k];
        if (delays[k] != 0 || from >= count || to >= count) continue;
        const std::vector<std::size_t> before =
            search(to, count, edges, [&](std::size_t e) { return delays[e] == 0; });
        if (from != to && before[from] == from) continue;
        ClosedCycle cycle{{spec.populations[to].name}, k};
        for (std::size_t at = from; at != to; at = before[at])
            cycle.populations.push_back(spec.populations[at].name);
        cycle.populations.push_back(spec.populations[to].name);
        std::reverse(cycle.populations.begin(), cycle.populations.end());
        return cycle;
    }
    return {};
}

}  // namespace snnsim
