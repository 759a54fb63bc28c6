// Runs the cells of a study, each in a process and a run file of its own, and gathers what came
// out.
#pragma once

#include <string>
#include <vector>

#include "snnsim/run.hpp"
#include "src/study/cell_result.hpp"
#include "src/study/many_runs.hpp"
#include "src/study/study_spec.hpp"

namespace snnsim {

/// One run of a configuration.
struct StudyCell : CellResult {
    Configuration configuration;
    std::uint64_t seed = 0;
    std::string file;  // of the run, in the folder of the study
};

/// "model setting seed 1"
std::string name_of(const StudySpec& study, const StudyCell& cell);

struct StudyResult {
    StudySpec spec;
    std::string folder;
    EnergyModel energy;
    std::vector<StudyCell> cells;   // by configuration, then seed
    std::vector<StudyCell> failed;  // trainings that left no run, and are not in `cells`
    bool simulations = false;       // not trainings
};

/// A cell whose run file is there, finished, is not run again: the file's name is a hash of the
/// model's text, all settings, the seed and the program's version; an interrupted one goes on.
/// A cell that fails is told and does not end the study. Throws InterruptedError after Ctrl-C,
/// Error with the message of the first cell where all failed.
StudyResult run_study(const std::string& path, const ManyRunsOptions& options);

}  // namespace snnsim
