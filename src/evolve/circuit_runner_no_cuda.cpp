// Stands in for circuit_runner_cuda.cu in a build without CUDA.
#include "snnsim/device.hpp"
#include "snnsim/error.hpp"
#include "src/evolve/run_circuits.hpp"

namespace snnsim {

std::unique_ptr<CircuitRunner> make_cuda_circuit_runner() {
    throw DeviceError("cannot use CUDA: " + why_no_cuda());
}

}  // namespace snnsim
