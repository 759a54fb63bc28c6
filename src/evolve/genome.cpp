#include "src/evolve/genome.hpp"

#include <algorithm>
#include <cmath>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

constexpr double least_tau = 5.0, largest_tau = 40.0;  // ms
constexpr double least_threshold = 0.2, largest_threshold = 5.0;
constexpr double large_weight = 4.0;

std::size_t drawn(SearchDraws& draws, std::size_t count) {
    return std::min(count - 1,
                    static_cast<std::size_t>(draws.uniform() * static_cast<double>(count)));
}
int drawn_delay(SearchDraws& draws) {
    return 1 + static_cast<int>(drawn(draws, longest_circuit_delay));
}
double drawn_tau(SearchDraws& draws) {
    return least_tau * std::pow(largest_tau / least_tau, draws.uniform());
}
bool happens(SearchDraws& draws, double rate) {
    return draws.uniform() < rate;
}

EdgeGene* find_edge(Genome& genome, std::uint32_t innovation) {
    const auto at = std::find_if(genome.edges.begin(), genome.edges.end(),
                                 [&](const EdgeGene& e) { return e.innovation == innovation; });
    return at == genome.edges.end() ? nullptr : &*at;
}
void insert(Genome& genome, const EdgeGene& edge) {
    const auto at = std::find_if(genome.edges.begin(), genome.edges.end(),
                                 [&](const EdgeGene& e) { return e.innovation > edge.innovation; });
    genome.edges.insert(at, edge);
}

void change_weights(Genome& genome, const NeatSpec& spec, SearchDraws& draws) {
    for (EdgeGene& e : genome.edges) {
        const double changed = happens(draws, spec.new_weight)
                                   ? draws.uniform()
                                   : e.weight + spec.weight_sd * draws.normal();
        e.weight = std::clamp(changed, 0.0, large_weight);
    }
}

void change_cell(Genome& genome, const NeatSpec& spec, SearchDraws& draws) {
    CellGene& c = genome.cells[drawn(draws, genome.cells.size())];
    c.tau_m = std::clamp(c.tau_m * std::exp(0.3 * draws.normal()), least_tau, largest_tau);
    c.v_th =
        std::clamp(c.v_th + spec.weight_sd * draws.normal(), least_threshold, largest_threshold);
}

void add_edge(Genome& genome, const CircuitEnds& ends, Innovations& innovations,
              SearchDraws& draws) {
    const std::size_t source = drawn(draws, ends.inputs + genome.cells.size());
    const std::uint32_t from = source < ends.inputs ? static_cast<std::uint32_t>(source)
                                                    : genome.cells[source - ends.inputs].id;
    const std::uint32_t to = genome.cells[drawn(draws, genome.cells.size())].id;
    const EdgeGene edge{innovations.edge(from, to), from, to, draws.uniform(), drawn_delay(draws)};
    if (EdgeGene* old = find_edge(genome, edge.innovation)) {
        old->on = true;
    } else {
        insert(genome, edge);
    }
}

void add_cell(Genome& genome, Innovations& innovations, SearchDraws& draws) {
    const std::size_t k = drawn(draws, genome.edges.size());
    const double tau_m = drawn_tau(draws);
    const bool inhibits = happens(draws, 0.5);
    if (!genome.edges[k].on) return;
    // A relay takes the edge's place and keeps what it did; inhibition comes beside it, just after
    // it, so that neither is lost before it can be of use.
    genome.edges[k].on = inhibits;
    const EdgeGene split = genome.edges[k];
    const int left = inhibits ? std::min(longest_circuit_delay, split.delay + 1) - 1
                              : std::max(1, split.delay - 1);
    std::uint32_t time = 0, id = 0;
    do {
        id = innovations.cell(split.innovation, time++);
    } while (genome.cell(id));  // it was split before, and the edge was put on again
    const auto at = std::find_if(genome.cells.begin(), genome.cells.end(),
                                 [&](const CellGene& c) { return c.id > id; });
    genome.cells.insert(at, {id, inhibits, tau_m, 1.0});
    // A single spike of the source makes the new cell fire.
    insert(genome, {innovations.edge(split.from, id), split.from, id, 1.0, 1});
    insert(genome, {innovations.edge(id, split.to), id, split.to, split.weight, left});
}

}  // namespace

const CellGene* Genome::cell(std::uint32_t id) const {
    const auto at =
        std::find_if(cells.begin(), cells.end(), [&](const CellGene& c) { return c.id == id; });
    return at == cells.end() ? nullptr : &*at;
}

std::uint32_t Innovations::edge(std::uint32_t from, std::uint32_t to) {
    return edges_.try_emplace({from, to}, static_cast<std::uint32_t>(edges_.size())).first->second;
}
std::uint32_t Innovations::cell(std::uint32_t split, std::uint32_t time) {
    const auto [at, is_new] = splits_.try_emplace({split, time}, cells_);
    if (is_new) ++cells_;
    return at->second;
}

Genome first_genome(const CircuitEnds& ends, Innovations& innovations, SearchDraws& draws) {
    Genome out;
    for (std::uint32_t k = 0; k < ends.outputs; ++k)
        out.cells.push_back({ends.inputs + k, false, drawn_tau(draws), 1.0});
    for (std::uint32_t from = 0; from < ends.inputs; ++from) {
        for (const CellGene& cell : out.cells) {
            const double weight = draws.uniform();
            insert(out,
                   {innovations.edge(from, cell.id), from, cell.id, weight, drawn_delay(draws)});
        }
    }
    return out;
}

void mutate(Genome& genome, const NeatSpec& spec, const CircuitEnds& ends, Innovations& innovations,
            SearchDraws& draws) {
    if (happens(draws, spec.weight_rate)) change_weights(genome, spec, draws);
    if (happens(draws, spec.delay_rate) && !genome.edges.empty()) {
        EdgeGene& e = genome.edges[drawn(draws, genome.edges.size())];
        e.delay =
            std::clamp(e.delay - 3 + static_cast<int>(drawn(draws, 7)), 1, longest_circuit_delay);
    }
    if (happens(draws, spec.cell_rate)) change_cell(genome, spec, draws);
    if (happens(draws, spec.add_edge)) add_edge(genome, ends, innovations, draws);
    if (happens(draws, spec.add_node) && !genome.edges.empty() &&
        genome.cells.size() < static_cast<std::size_t>(spec.cells))
        add_cell(genome, innovations, draws);
    if (happens(draws, spec.flip_rate)) {
        CellGene& c = genome.cells[drawn(draws, genome.cells.size())];
        c.inhibits = !c.inhibits;
    }
}

Genome crossed(const Genome& fitter, const Genome& other, SearchDraws& draws) {
    Genome out = fitter;
    auto theirs = other.edges.begin();
    for (EdgeGene& e : out.edges) {
        while (theirs != other.edges.end() && theirs->innovation < e.innovation) ++theirs;
        if (theirs == other.edges.end() || theirs->innovation != e.innovation) continue;
        const bool off = !e.on || !theirs->on;
        if (happens(draws, 0.5)) e = *theirs;
        e.on = !(off && happens(draws, 0.75));  // as Stanley & Miikkulainen
    }
    for (CellGene& c : out.cells) {
        const CellGene* same = other.cell(c.id);
        if (same && happens(draws, 0.5)) c = *same;
    }
    return out;
}

double distance(const Genome& a, const Genome& b, const NeatSpec& spec) {
    double excess = 0.0, disjoint = 0.0, shared = 0.0, difference = 0.0;
    auto i = a.edges.begin(), j = b.edges.begin();
    while (i != a.edges.end() && j != b.edges.end()) {
        if (i->innovation == j->innovation) {
            shared += 1.0;
            difference += std::abs(i->weight - j->weight);
            ++i, ++j;
        } else {
            disjoint += 1.0;
            i->innovation < j->innovation ? ++i : ++j;
        }
    }
    excess = static_cast<double>((a.edges.end() - i) + (b.edges.end() - j));
    constexpr std::size_t small = 20;
    const std::size_t larger = std::max(a.edges.size(), b.edges.size());
    const double n = larger < small ? 1.0 : static_cast<double>(larger);
    return (spec.excess * excess + spec.disjoint * disjoint) / n +
           (shared > 0.0 ? spec.weights * difference / shared : 0.0);
}

std::int16_t weight_on_grid(const Genome& genome, const CircuitEnds& ends, const EdgeGene& edge) {
    const double weight = std::min(edge.weight, largest_circuit_weight);
    const auto steps = static_cast<std::int16_t>(std::lround(weight / circuit_weight_step));
    return edge.from >= ends.inputs && genome.cell(edge.from)->inhibits
               ? static_cast<std::int16_t>(-steps)
               : steps;
}

std::size_t edges_on(const Genome& genome, const CircuitEnds& ends) {
    return static_cast<std::size_t>(std::count_if(
        genome.edges.begin(), genome.edges.end(),
        [&](const EdgeGene& e) { return e.on && weight_on_grid(genome, ends, e) != 0; }));
}

void CircuitSet::add(const Genome& genome, const CircuitEnds& ends) {
    SNN_EXPECT(ends.inputs <= most_circuit_inputs && genome.cells.size() <= most_circuit_cells);
    const auto size = [](const auto& list) { return static_cast<std::uint32_t>(list.size()); };
    circuits.push_back({size(cells), size(genome.cells), size(rows), ends.inputs});
    std::map<std::uint32_t, std::uint8_t> place;  // of cells, by id
    for (const CellGene& c : genome.cells) {
        place[c.id] = static_cast<std::uint8_t>(place.size());
        Lif::Params params;
        params.tau_m = c.tau_m;
        params.v_th = c.v_th;
        params.reset = Reset::zero;
        cells.push_back(Lif::prepare(params, 1.0));
    }
    const auto add_row = [&](std::uint32_t source) {
        rows.push_back(size(edges));
        for (const EdgeGene& e : genome.edges) {
            const std::int16_t weight = weight_on_grid(genome, ends, e);
            if (e.from == source && e.on && weight != 0)
                edges.push_back({weight, place.at(e.to), static_cast<std::uint8_t>(e.delay)});
        }
    };
    for (std::uint32_t k = 0; k < ends.inputs; ++k) add_row(k);
    for (const CellGene& c : genome.cells) add_row(c.id);
    rows.push_back(size(edges));
}

}  // namespace snnsim
