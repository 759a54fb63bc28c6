// /energy/measured of run files and checkpoints.
#pragma once

#include "snnsim/measured_energy.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {

/// Writes the group anew: phases and domains as groups, numbers and reasons as their attributes,
/// and the sum with kWh and CO2e on top.
void write_measured(hid_t root, const MeasuredEnergy& measured);
/// Without phases where the file has none.
MeasuredEnergy read_measured(hid_t root);

}  // namespace snnsim
