// The event-driven engine on a CUDA device.
#include "kernels/launch/cuda_steps.cuh"
#include "src/engine/device/device_of_rank.hpp"
#include "src/engine/device/engine_on.hpp"
#include "src/engine/make_engine_on.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_cuda_engine(const SimulationSpec& spec, const EngineOptions& options,
                                         Exchange& exchange) {
    return std::make_unique<EngineOn<CudaSteps>>(spec, options, exchange,
                                                 make_carrier(exchange, options.cuda_device));
}

}  // namespace snnsim
