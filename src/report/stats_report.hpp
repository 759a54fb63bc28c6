// The statistics of a run as a table and as JSON.
#pragma once

#include <string>

#include "src/report/run_stats.hpp"

namespace snnsim {

/// What the table shows, and how each number is defined.
extern const char* const stats_definitions;

/// A row a population, and below what has to be known about them.
std::string stats_table(const RunStats& stats);
/// Every number in full; null where one is not defined.
std::string stats_json(const RunStats& stats);

/// Of several runs: mean and standard deviation of each number over the runs, by population.
std::string stats_table(const std::vector<RunStats>& runs);
/// The runs one by one, and the means and standard deviations.
std::string stats_json(const std::vector<RunStats>& runs);
/// A row for each run and population.
std::string stats_csv(const std::vector<RunStats>& runs);

/// The names of the populations of several runs, in the order in which they are met.
std::vector<std::string> populations_of(const std::vector<RunStats>& runs);
/// Null where the run has no such population.
const PopulationStats* find_population(const RunStats& run, const std::string& name);

}  // namespace snnsim
