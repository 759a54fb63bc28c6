// The engine of the GPU, its kernel bodies run one after the other on the host.
#pragma once

#include <memory>

#include "snnsim/engine.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_serial_engine(const SimulationSpec& spec,
                                           const EngineOptions& options);

}  // namespace snnsim
