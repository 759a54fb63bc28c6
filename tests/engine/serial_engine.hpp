// The engine of the GPU, its kernel bodies run one after the other on the host.
#pragma once

#include <memory>

#include "snnsim/engine.hpp"
#include "src/engine/ranks/device_carrier.hpp"
#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_serial_engine(const SimulationSpec& spec, const EngineOptions& options,
                                           Exchange& exchange = no_exchange(),
                                           std::unique_ptr<DeviceCarrier> carrier = nullptr);

}  // namespace snnsim
