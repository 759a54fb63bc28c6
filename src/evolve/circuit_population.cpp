#include "src/evolve/circuit_population.hpp"

#include "src/evolve/fixed_wiring.hpp"
#include "src/evolve/neat.hpp"

namespace snnsim {

std::unique_ptr<CircuitPopulation> make_circuit_population(const EvolveFile& file,
                                                           const CircuitEnds& ends) {
    if (file.evolve.method == EvolveMethod::weights)
        return std::make_unique<FixedWiring>(file, ends);
    return std::make_unique<Neat>(file, ends);
}

}  // namespace snnsim
