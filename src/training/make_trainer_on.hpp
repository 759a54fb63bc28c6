// The seam between the two compilers: each backend's trainer is made in its own file.
#pragma once

#include <memory>

#include "snnsim/trainer.hpp"

namespace snnsim {

std::unique_ptr<Trainer> make_cpu_trainer(const Network& network, const TrainerOptions& options);
/// Throws DeviceError where CUDA cannot be used.
std::unique_ptr<Trainer> make_cuda_trainer(const Network& network, const TrainerOptions& options);

}  // namespace snnsim
