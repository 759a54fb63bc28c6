// Circuits as an evolution keeps them: genes of cells and edges (Stanley & Miikkulainen 2002).
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "kernels/evolve/circuit.hpp"
#include "snnsim/evolve_spec.hpp"
#include "src/search/search_draws.hpp"

namespace snnsim {

/// What a task connects a circuit to.
struct CircuitEnds {
    std::uint32_t inputs, outputs;
};

struct CellGene {
    std::uint32_t id;  // inputs have the first ones, then outputs
    bool inhibits = false;
    double tau_m = 20.0, v_th = 1.0;  // ms; in units of weights
};
struct EdgeGene {
    std::uint32_t innovation, from, to;
    double weight;  // at least 0; the source's kind gives the sign (Dale's law)
    int delay;      // ms
    bool on = true;
};
struct Genome {
    std::vector<CellGene> cells;  // by id: outputs, then others; inputs have no gene
    std::vector<EdgeGene> edges;  // by innovation

    const CellGene* cell(std::uint32_t id) const;
};

/// The same change in two genomes has the same number, whenever it comes about.
class Innovations {
  public:
    explicit Innovations(const CircuitEnds& ends) : cells_(ends.inputs + ends.outputs) {}

    std::uint32_t edge(std::uint32_t from, std::uint32_t to);
    /// The cell that splits an edge of this innovation for the `time`-th time.
    std::uint32_t cell(std::uint32_t split, std::uint32_t time);

  private:
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> edges_, splits_;
    std::uint32_t cells_;
};

/// Every input reaches every output.
Genome first_genome(const CircuitEnds& ends, Innovations& innovations, SearchDraws& draws);
void mutate(Genome& genome, const NeatSpec& spec, const CircuitEnds& ends, Innovations& innovations,
            SearchDraws& draws);
/// Genes that both have are of either, the others of `fitter`.
Genome crossed(const Genome& fitter, const Genome& other, SearchDraws& draws);
double distance(const Genome& a, const Genome& b, const NeatSpec& spec);

/// A weight as it is simulated, in circuit_weight_step.
std::int16_t weight_on_grid(const Genome& genome, const CircuitEnds& ends, const EdgeGene& edge);
/// Edges that are on and not 0 on the grid.
std::size_t edges_on(const Genome& genome, const CircuitEnds& ends);

/// Circuits side by side, as they are run.
struct CircuitSet {
    std::vector<Circuit> circuits;
    std::vector<Lif::Constants> cells;
    std::vector<std::uint32_t> rows;
    std::vector<CircuitEdge> edges;

    void add(const Genome& genome, const CircuitEnds& ends);
};

}  // namespace snnsim
