#include "src/model/units.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>

namespace snnsim {
namespace {

struct UnitName {
    const char* name;
    const char* base;   // the unit that values are kept in
    double factor;
};
constexpr std::array units{
    UnitName{"ms", "ms", 1.0},  UnitName{"s", "ms", 1e3},   UnitName{"us", "ms", 1e-3},
    UnitName{"mV", "mV", 1.0},  UnitName{"V", "mV", 1e3},   UnitName{"uV", "mV", 1e-3},
    UnitName{"pA", "pA", 1.0},  UnitName{"nA", "pA", 1e3},  UnitName{"uA", "pA", 1e6},
    UnitName{"pF", "pF", 1.0},  UnitName{"nF", "pF", 1e3},  UnitName{"uF", "pF", 1e6},
    UnitName{"nS", "nS", 1.0},  UnitName{"uS", "nS", 1e3},  UnitName{"pS", "nS", 1e-3},
    UnitName{"Hz", "Hz", 1.0},  UnitName{"kHz", "Hz", 1e3},
};

const char* dimension_of(const std::string& base) {
    if (base == "ms") return "a time";
    if (base == "mV") return "a voltage";
    if (base == "pA") return "a current";
    if (base == "pF") return "a capacitance";
    if (base == "nS") return "a conductance";
    if (base == "Hz") return "a rate";
    return "a number without a unit";
}

}  // namespace

std::string read_quantity(const std::string& text, const std::string& wanted, const std::string& key,
                          double& out) {
    const std::string example = wanted.empty() ? "" : fmt::format(", for example '20 {}'", wanted);
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (end == text.c_str()) {
        return fmt::format("{} must be {}{}; found '{}'", key, dimension_of(wanted), example, text);
    }
    if (!std::isfinite(number)) return fmt::format("{} must be finite; found '{}'", key, text);
    std::string unit(end);
    unit.erase(0, unit.find_first_not_of(' '));
    if (unit.empty()) {
        if (!wanted.empty()) {
            return fmt::format("{} needs a unit: write '{} {}'", key, text, wanted);
        }
        out = number;
        return "";
    }
    for (const UnitName& known : units) {
        if (unit != known.name) continue;
        if (wanted != known.base) {
            return fmt::format("'{}' is {}, but {} is {}{}", text, dimension_of(known.base), key,
                               dimension_of(wanted), example);
        }
        out = number * known.factor;
        return "";
    }
    return fmt::format("unknown unit '{}' in '{}': {} is {}{}", unit, text, key, dimension_of(wanted),
                       example);
}

}  // namespace snnsim
