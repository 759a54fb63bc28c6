// Energy of processor packages and of their memory: RAPL counters of Intel and AMD through Linux'
// powercap.
#pragma once

#include <vector>

#include "src/energy/meter_source.hpp"

namespace snnsim {

/// The packages and DRAM zones below `powercap` (/sys/class/powercap), with the reason for each
/// that cannot be read, and for those that are not there at all.
std::vector<EnergyDomain> rapl_domains(const std::string& powercap);

}  // namespace snnsim
