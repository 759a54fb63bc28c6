// Where a run comes from.
#pragma once

#include "snnsim/run_record.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

struct HopfieldModel;

std::string program_version();  // "0.1.0"
/// Model, seed, version, host and the time of the start; the device is filled in by who picks it.
Provenance provenance_of(const ModelSpec& spec);
Provenance provenance_of(const SimulationSpec& spec);
Provenance provenance_of(const HopfieldModel& model);
/// "2026-01-31T12:34:56Z"
std::string utc_now();

}  // namespace snnsim
