// The seam between the two compilers: each backend's engine is made in its own file.
#pragma once

#include <memory>

#include "snnsim/engine.hpp"

namespace snnsim {

/// Of a model that is written out at its scale.
std::unique_ptr<Engine> make_cpu_engine(const SimulationSpec& spec, const EngineOptions& options);
/// Throws DeviceError where CUDA cannot be used.
std::unique_ptr<Engine> make_cuda_engine(const SimulationSpec& spec, const EngineOptions& options);

}  // namespace snnsim
