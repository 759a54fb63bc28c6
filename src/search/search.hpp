// Looks for the parameters of a model with the least cost: each point that a method asks for is a
// run (or one for each of some seeds), in a process of its own.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/search_spec.hpp"
#include "src/study/many_runs.hpp"

namespace snnsim {

struct SearchOptions : ManyRunsOptions {
    bool keep = false;  // all run files, not only those of the best point
};

struct TriedPoint {
    std::size_t generation = 0;
    std::vector<std::string> values;  // of the parameters, in the order of the search
    std::vector<std::string> files;   // of the runs, by seed
    std::vector<double> measures;     // by objective: means over the seeds; or none
    double cost = std::numeric_limits<double>::infinity();
    std::string failure;  // what the first run that failed has said, or why there is no cost
};

struct SearchResult {
    SearchSpec spec;
    std::string folder;
    std::vector<TriedPoint> points;  // in the order in which the method asked for them
    std::optional<std::size_t> best;
};

/// The settings that make a point of the model.
std::vector<std::string> settings_of(const SearchSpec& spec, const TriedPoint& point);

/// What a run gave is written down in `<folder>/runs.txt` as soon as it ends, by the name of its
/// file (see cell_file): the same command after an interruption repeats what the method did without
/// running it again, and goes on to the same table. Throws ModelError with the place of what the
/// model does not take or its runs do not have, InterruptedError after Ctrl-C.
SearchResult run_search(const std::string& path, const SearchOptions& options);

}  // namespace snnsim
