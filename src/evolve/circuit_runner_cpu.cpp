#include "kernels/launch/cpu.hpp"
#include "snnsim/error.hpp"
#include "src/evolve/circuit_runner_on.hpp"

namespace snnsim {

std::unique_ptr<CircuitRunner> make_cpu_circuit_runner(int threads) {
    return std::make_unique<CircuitRunnerOn<Cpu>>(threads);
}

}  // namespace snnsim
