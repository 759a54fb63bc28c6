// The seam between the two compilers: each backend's engine is made in its own file.
#pragma once

#include <memory>

#include "snnsim/engine.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// Of a model that is written out at its scale.
/// On several ranks each has an engine, of some of the cells: all call the same members in the same
/// order. What these give is whole on rank 0, as an engine of its own would give it. `exchange`
/// lives longer.
std::unique_ptr<Engine> make_cpu_engine(const SimulationSpec& spec, const EngineOptions& options,
                                        Exchange& exchange = no_exchange());
/// Throws DeviceError where CUDA cannot be used. On the device that is current in this thread.
std::unique_ptr<Engine> make_cuda_engine(const SimulationSpec& spec, const EngineOptions& options,
                                         Exchange& exchange = no_exchange());
/// On the device that the options name.
std::unique_ptr<Engine> make_engine_on(const SimulationSpec& spec, const EngineOptions& options,
                                       Exchange& exchange);

}  // namespace snnsim
