// Energy of an NVIDIA GPU through the driver's library NVML, which is looked for when a run starts.
#pragma once

#include "src/energy/meter_source.hpp"

namespace snnsim {

/// The GPU with this PCI bus id. Its energy counter, or, where it has none, its power, which must
/// be sampled.
EnergyDomain nvml_domain(const std::string& library, const std::string& bus_id,
                         const Clock& clock = steady_seconds);

}  // namespace snnsim
