// Quantities: a number and its unit.
#pragma once

#include <string>

namespace snnsim {

/// Reads "20 ms" in the unit wanted ("" for a pure number). Returns an empty string and sets `out`, or what is wrong.
std::string read_quantity(const std::string& text, const std::string& wanted, const std::string& key,
                          double& out);

}  // namespace snnsim
