// The statistics of a run as a table and as JSON.
#pragma once

#include <string>

#include "src/stats/run_stats.hpp"

namespace snnsim {

/// What the table shows, and how each number is defined.
extern const char* const stats_definitions;

/// A row a population, and below what has to be known about them.
std::string stats_table(const RunStats& stats);
/// Every number in full; null where one is not defined.
std::string stats_json(const RunStats& stats);

}  // namespace snnsim
