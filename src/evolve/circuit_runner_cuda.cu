// Circuits on a CUDA device.
#include "kernels/launch/cuda.cuh"
#include "src/evolve/circuit_runner_on.hpp"

namespace snnsim {

std::unique_ptr<CircuitRunner> make_cuda_circuit_runner() {
    return std::make_unique<CircuitRunnerOn<Cuda>>(1);
}

}  // namespace snnsim
