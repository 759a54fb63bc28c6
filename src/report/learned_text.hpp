// What is said of parameters of neurons that were trained.
#pragma once

#include <string>
#include <vector>

#include "snnsim/trained_parameter.hpp"

namespace snnsim {

/// A line each: "learned hidden tau_m: 20 -> 14.2 ms (sd 3.1, 8.5 to 31)".
std::string learned_text(const std::vector<LearnedSummary>& learned);

}  // namespace snnsim
