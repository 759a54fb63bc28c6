// Several runs side by side.
#pragma once

#include <string>
#include <vector>

#include "snnsim/error.hpp"
#include "snnsim/run.hpp"
#include "src/energy/energy_model.hpp"

namespace snnsim {

/// Ctrl-C while a model was trained; its run can be resumed.
struct InterruptedError : Error {
    using Error::Error;
};

struct ComparedRun {
    std::string name;
    ModelSpec spec;
    RunRecord record;
};

/// Reads the runs named (.h5), trains the models (.yaml) that have no finished run yet (going on
/// with an unfinished one), and returns them all.
std::vector<ComparedRun> compare_runs(const std::vector<std::string>& arguments,
                                      const RunOptions& options);

/// The energy model asked for, else the one that the models name. Throws UsageError where they name
/// several: what is compared must cost the same.
EnergyModel common_energy_model(const std::vector<ComparedRun>& runs, const std::string& asked);

/// What the numbers of energy mean, and where they come from.
std::string energy_definitions(const EnergyModel& energy);
/// The table in Markdown, and as comma-separated values.
std::string compare_markdown(const std::vector<ComparedRun>& runs, const EnergyModel& energy);
std::string compare_csv(const std::vector<ComparedRun>& runs, const EnergyModel& energy);

}  // namespace snnsim
