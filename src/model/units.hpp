// Quantities: a number and its unit.
#pragma once

#include <string>
#include <vector>

namespace snnsim {

/// Reads "20 ms" in the unit wanted ("" for a pure number). Returns an empty string and sets `out`,
/// or what is wrong.
std::string read_quantity(const std::string& text, const std::string& wanted,
                          const std::string& key, double& out);

/// A kind of quantity and the units it may be given in; the first is the one that values are kept
/// in.
struct Dimension {
    const char* name;  // "a time"
    std::vector<std::string> units;
};
std::vector<Dimension> dimensions();

}  // namespace snnsim
