#include "tests/engine/serial_engine.hpp"

#include "kernels/launch/serial_steps.hpp"
#include "src/engine/device/engine_on.hpp"
#include "src/engine/scale.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_serial_engine(const SimulationSpec& spec, const EngineOptions& options,
                                           Exchange& exchange,
                                           std::unique_ptr<DeviceCarrier> carrier) {
    return std::make_unique<EngineOn<SerialSteps>>(apply_scale(spec), options, exchange,
                                                   std::move(carrier));
}

}  // namespace snnsim
