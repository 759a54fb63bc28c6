// Quantities: a number and its unit.
#pragma once

#include <string>
#include <vector>

namespace snnsim {

/// Reads "20 ms" in the unit wanted ("" for a pure number). Returns an empty string and sets `out`,
/// or what is wrong.
std::string read_quantity(const std::string& text, const std::string& wanted,
                          const std::string& key, double& out);

/// Stands in tables for what a cell may take as input: pA, mV, nS, Hz or no unit.
inline constexpr const char* any_input = "*";
/// Stands in tables for such an input times the root of a time: the intensity of white noise.
inline constexpr const char* white_noise_unit = "* sqrt(ms)";
/// Which of these a quantity is given in; any_input when in none of them.
std::string input_unit_in(const std::string& text);

/// "a voltage" for "mV", "a number without a unit" for "".
std::string kind_name(const std::string& base);

/// A kind of quantity and the units it may be given in; the first is the one that values are kept
/// in.
struct Dimension {
    const char* name;  // "a time"
    std::vector<std::string> units;
};
std::vector<Dimension> dimensions();

}  // namespace snnsim
