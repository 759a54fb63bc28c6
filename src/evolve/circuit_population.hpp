// How a generation of circuits follows from the one before: by structure (NEAT) or by weights
// (CMA-ES).
#pragma once

#include <memory>
#include <vector>

#include "src/evolve/genome.hpp"

namespace snnsim {

/// What a population does depends on the file and on the fitnesses that it was told alone.
class CircuitPopulation {
  public:
    virtual ~CircuitPopulation() = default;
    /// The circuits of the generation.
    virtual const std::vector<Genome>& genomes() const = 0;
    virtual std::size_t species() const = 0;
    /// Their fitnesses, the more the better; makes the next generation.
    virtual void tell(const std::vector<double>& fitness) = 0;
};

std::unique_ptr<CircuitPopulation> make_circuit_population(const EvolveFile& file,
                                                           const CircuitEnds& ends);

/// Draws of an evolution, apart from each other and from those of CMA-ES.
enum class EvolveDraws : std::uint32_t { trials = 1, tests = 2, children = 3, finals = 4 };
inline SearchDraws evolve_draws(std::uint64_t seed, EvolveDraws use, std::size_t generation) {
    constexpr std::uint32_t shift = 28;
    return {seed,
            static_cast<std::uint32_t>(use) << shift | static_cast<std::uint32_t>(generation)};
}

}  // namespace snnsim
