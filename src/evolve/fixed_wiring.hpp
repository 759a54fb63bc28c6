// Circuits of one wiring, whose weights, time constants and delays CMA-ES changes.
#pragma once

#include "src/evolve/circuit_population.hpp"
#include "src/search/cma_es.hpp"

namespace snnsim {

class FixedWiring final : public CircuitPopulation {
  public:
    FixedWiring(const EvolveFile& file, const CircuitEnds& ends);

    const std::vector<Genome>& genomes() const override { return genomes_; }
    std::size_t species() const override { return 1; }
    void tell(const std::vector<double>& fitness) override;

  private:
    void ask();
    /// Variables: the weights, then tau_m of each cell, then the delay of each source.
    Genome genome_at(const std::vector<double>& point) const;

    Genome wiring_;
    CmaEs strategy_;
    std::vector<Genome> genomes_;
};

}  // namespace snnsim
