// A simulation from its model to its run file.
#pragma once

#include <optional>

#include "snnsim/run.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Builds the network, runs it, and writes the run file; returns how it ended. A first SIGINT or
/// SIGTERM ends it early with status `interrupted`. Throws the exceptions of error.hpp.
RunStatus simulate(const SimulationSpec& spec, const RunOptions& options);

/// Goes on with `options.resume` from its last checkpoint, and ends with the same spikes as a run
/// that was never interrupted, on any number of threads. Nothing where that is no file of a
/// simulation.
std::optional<RunStatus> resume_simulation(const RunOptions& options);

/// The table of `snnsim check`.
std::string check_text(const SimulationSpec& spec, int cuda_device = -1);

}  // namespace snnsim
