// The trainer on a CUDA device.
#include "kernels/launch/cuda.cuh"
#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"

namespace snnsim {

std::unique_ptr<Trainer> make_cuda_trainer(const Network& network, const TrainerOptions& options,
                                           Exchange& exchange) {
    return std::make_unique<TrainerOn<Cuda>>(network, options, exchange);
}

}  // namespace snnsim
