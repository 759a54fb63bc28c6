// What the summary of a training warns of.
#pragma once

#include <string>
#include <vector>

#include "snnsim/run_record.hpp"

namespace snnsim {

/// Sentences with numbers: a loss that ended above where it began, one that is no number.
std::vector<std::string> training_warnings(const RunRecord& record);

}  // namespace snnsim
