// What studies and searches share: many runs, and tables of what came out in a folder.
#pragma once

#include <string>
#include <vector>

#include "snnsim/run.hpp"
#include "src/files/input_file.hpp"
#include "src/study/cell_runner.hpp"

namespace snnsim {

struct ManyRunsOptions : CellOptions {
    std::string output;  // folder; empty: runs/<name>
    std::string energy;  // empty: what the file says
    bool force = false;  // overwrite the tables of another one
    ProgressStyle progress = ProgressStyle::automatic;
};

/// The folder's tables, <kind>.md, .csv and .h5.
struct ResultTables {
    std::string folder, kind;  // "study", "search"
    std::string name;          // of the study or search
    std::string first_column;  // of the .csv

    std::string path(const char* ending) const { return folder + "/" + kind + ending; }
    /// Those of the same name are made anew; those of another one only with `force` (or where they
    /// were begun by this one), and any other file, or one of the inputs, never. Throws UsageError.
    void require_own(const std::vector<InputFile>& inputs, bool force) const;
};

}  // namespace snnsim
