// What a simulation prints while it runs and when it ends.
#pragma once

#include <string>

#include "snnsim/simulation_spec.hpp"
#include "src/energy/energy_model.hpp"
#include "src/io/simulation_file.hpp"
#include "src/phases/protocol.hpp"
#include "src/report/progress.hpp"

namespace snnsim {

void show_progress(ProgressDisplay& display, const SimulationSpec& spec, const Protocol& protocol,
                   std::int64_t now, double seconds);
/// Spikes, rates, phases, operations, warnings, digest, times and how it ended; `path`: of the run
/// file.
std::string summary_text(const SimulationSpec& spec, const SimulationSummary& s,
                         const std::string& path, const EnergyModel& energy);
/// Where the time went, and the number of synaptic events.
std::string profile_text(const EngineReport& report);

}  // namespace snnsim
