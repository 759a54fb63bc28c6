#include "src/evolve/fixed_wiring.hpp"

#include <algorithm>
#include <cmath>

namespace snnsim {
namespace {

constexpr double least_tau = 5.0, largest_tau = 40.0;  // ms

Genome wiring_of(const FixedWiringSpec& spec, const CircuitEnds& ends) {
    Genome out;
    const auto cells = static_cast<std::uint32_t>(spec.cells);
    const auto inhibiting =
        static_cast<std::uint32_t>(std::lround(spec.inhibitory * static_cast<double>(spec.cells)));
    const std::uint32_t first = ends.inputs + ends.outputs;
    for (std::uint32_t k = 0; k < ends.outputs; ++k) out.cells.push_back({ends.inputs + k});
    for (std::uint32_t k = 0; k < cells; ++k)
        out.cells.push_back({first + k, k >= cells - inhibiting});
    const auto connect = [&](std::uint32_t from, std::uint32_t to) {
        out.edges.push_back({static_cast<std::uint32_t>(out.edges.size()), from, to, 0.0, 1});
    };
    for (std::uint32_t from = 0; from < ends.inputs; ++from) {
        for (std::uint32_t k = 0; k < cells; ++k) connect(from, first + k);
        for (std::uint32_t k = 0; k < ends.outputs && spec.direct; ++k)
            connect(from, ends.inputs + k);
    }
    for (std::uint32_t from = first; from < first + cells; ++from) {
        for (std::uint32_t k = 0; k < ends.outputs; ++k) connect(from, ends.inputs + k);
        for (std::uint32_t k = 0; k < cells && spec.recurrent; ++k) connect(from, first + k);
    }
    return out;
}

CmaEsOptions options_of(const EvolveFile& file, const Genome& wiring, const CircuitEnds& ends) {
    CmaEsOptions out;
    out.start.assign(wiring.edges.size(), file.evolve.wiring.start);
    out.start.resize(wiring.edges.size() + 2 * wiring.cells.size() + ends.inputs, 0.5);
    out.sigma = file.evolve.wiring.sigma;
    out.population = static_cast<std::size_t>(file.evolve.population);
    out.seed = file.seed;
    constexpr std::size_t many = 300;  // a matrix of them is slow, and has too much to learn
    out.separable = out.start.size() > many;
    return out;
}

/// From 0 to 1, mirrored at both.
double within(double share) {
    return std::abs(std::remainder(share, 2.0));
}

}  // namespace

FixedWiring::FixedWiring(const EvolveFile& file, const CircuitEnds& ends)
    : wiring_(wiring_of(file.evolve.wiring, ends)), strategy_(options_of(file, wiring_, ends)) {
    ask();
}

Genome FixedWiring::genome_at(const std::vector<double>& point) const {
    Genome out = wiring_;
    auto next = point.begin();
    for (EdgeGene& e : out.edges) e.weight = std::clamp(*next++, 0.0, largest_circuit_weight);
    for (CellGene& c : out.cells)
        c.tau_m = least_tau * std::pow(largest_tau / least_tau, within(*next++));
    for (EdgeGene& e : out.edges) {
        const double share = within(next[static_cast<std::ptrdiff_t>(e.from)]);
        e.delay =
            std::min(longest_circuit_delay, 1 + static_cast<int>(share * longest_circuit_delay));
    }
    return out;
}

void FixedWiring::ask() {
    genomes_.clear();
    for (const std::vector<double>& point : strategy_.ask()) genomes_.push_back(genome_at(point));
}

void FixedWiring::tell(const std::vector<double>& fitness) {
    std::vector<double> costs;
    for (const double f : fitness) costs.push_back(-f);
    strategy_.tell(costs);
    ask();
}

}  // namespace snnsim
