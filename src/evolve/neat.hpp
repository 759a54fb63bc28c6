// NeuroEvolution of Augmenting Topologies (Stanley & Miikkulainen 2002): species protect what is
// new until its weights fit.
#pragma once

#include "src/evolve/circuit_population.hpp"

namespace snnsim {

class Neat final : public CircuitPopulation {
  public:
    Neat(const EvolveFile& file, const CircuitEnds& ends);

    const std::vector<Genome>& genomes() const override { return genomes_; }
    std::size_t species() const override { return species_.size(); }
    void tell(const std::vector<double>& fitness) override;

  private:
    struct Species {
        Genome first;  // what members are compared with, one of the generation before
        std::vector<std::size_t> members;  // the fittest first, when fitnesses are known
        double best = -1e300;
        std::size_t gained = 0;  // generation of the last gain
    };

    void sort_into_species();
    void end_stagnant(const std::vector<double>& fitness);
    /// How many children each species has: in proportion to the mean fitness of its members.
    std::vector<std::size_t> shares(const std::vector<double>& fitness) const;
    Genome child(const Species& of, SearchDraws& draws);

    const std::uint64_t seed_;
    const NeatSpec spec_;
    const CircuitEnds ends_;
    const std::size_t size_;
    std::size_t generation_ = 0;
    Innovations innovations_;
    std::vector<Genome> genomes_;
    std::vector<Species> species_;
};

}  // namespace snnsim
