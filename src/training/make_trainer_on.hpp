// The seam between the two compilers: each backend's trainer is made in its own file.
#pragma once

#include <memory>

#include "snnsim/trainer.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// On each of the ranks of `exchange`, where there are several: the same calls, with the same
/// arguments, in the same order. What these give is whole on rank 0, as a trainer of its own would
/// give it. `exchange` lives longer.
std::unique_ptr<Trainer> make_cpu_trainer(const Network& network, const TrainerOptions& options,
                                          Exchange& exchange = no_exchange());
/// Throws DeviceError where CUDA cannot be used.
std::unique_ptr<Trainer> make_cuda_trainer(const Network& network, const TrainerOptions& options,
                                           Exchange& exchange = no_exchange());

}  // namespace snnsim
