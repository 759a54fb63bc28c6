#include "src/model/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "src/equations/syntax.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

struct Unit {
    const char* name;
    const char* base;  // the unit that values are kept in
    double factor;
};
constexpr std::array units{
    Unit{"ms", "ms", 1.0},  Unit{"s", "ms", 1e3},   Unit{"us", "ms", 1e-3}, Unit{"mV", "mV", 1.0},
    Unit{"V", "mV", 1e3},   Unit{"uV", "mV", 1e-3}, Unit{"pA", "pA", 1.0},  Unit{"nA", "pA", 1e3},
    Unit{"uA", "pA", 1e6},  Unit{"pF", "pF", 1.0},  Unit{"nF", "pF", 1e3},  Unit{"uF", "pF", 1e6},
    Unit{"nS", "nS", 1.0},  Unit{"uS", "nS", 1e3},  Unit{"pS", "nS", 1e-3}, Unit{"Hz", "Hz", 1.0},
    Unit{"kHz", "Hz", 1e3}, Unit{"pJ", "pJ", 1.0},  Unit{"fJ", "pJ", 1e-3}, Unit{"nJ", "pJ", 1e3},
};

struct Kind {
    const char* base;
    const char* name;
    const char* example;
};
constexpr std::array kinds{
    Kind{"ms", "a time", "20 ms"},
    Kind{"mV", "a voltage", "-65 mV"},
    Kind{"pA", "a current", "100 pA"},
    Kind{"pF", "a capacitance", "250 pF"},
    Kind{"nS", "a conductance", "10 nS"},
    Kind{"Hz", "a rate", "250 Hz"},
    Kind{"pJ", "an energy", "4.6 pJ"},
    Kind{any_input, "a current, a voltage, a conductance, a rate or a number without a unit",
         "87.8 pA"},
    Kind{"", "a number without a unit", "0.5"},
};

/// A unit of any_input.
bool is_input(const std::string& base) {
    return base == "pA" || base == "mV" || base == "nS" || base == "Hz" || base.empty();
}

const Kind& kind_of(const std::string& base) {
    for (const Kind& kind : kinds) {
        if (base == kind.base) return kind;
    }
    return kinds.back();
}

std::vector<std::string> units_of(const std::string& base) {
    std::vector<std::string> names;
    for (const Unit& unit : units) {
        if (base == unit.base || (base == any_input && is_input(unit.base))) {
            names.push_back(unit.name);
        }
    }
    return names;
}

std::string expected(const std::string& wanted, const std::string& key) {
    return fmt::format("{} is {}, for example '{}'", key, kind_of(wanted).name,
                       kind_of(wanted).example);
}

bool is_base(const std::string& unit) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const Kind& k) { return unit == k.base; });
}

/// In a unit of equations: "2 nS/ms" for what is wanted in "nS ms^-1".
std::string read_other_quantity(const std::string& text, const std::string& wanted,
                                const std::string& key, double& out) {
    try {
        const NamedUnit unit = parse_quantity("1 " + (wanted == "1/ms" ? "ms**-1" : wanted));
        const NamedUnit given = parse_quantity(text);
        if (!(given.dims == unit.dims))
            return fmt::format("'{}' is {}, but {} is {}", excerpt(text), dims_text(given.dims),
                               key, dims_text(unit.dims));
        out = given.factor / unit.factor;
        return "";
    } catch (const ExpressionError& e) {
        return fmt::format("'{}' is no quantity in {}: {}", excerpt(text), wanted, e.message);
    }
}

}  // namespace

std::string read_quantity(const std::string& text, const std::string& wanted,
                          const std::string& key, double& out) {
    if (!is_base(wanted)) return read_other_quantity(text, wanted, key, out);
    double number = 0.0;
    std::string_view rest;
    if (const std::string wrong = read_decimal(text, number, rest); !wrong.empty()) {
        if (wrong.starts_with("must be")) return key + ' ' + wrong;
        return wrong.ends_with("is no number") ? wrong + "; " + expected(wanted, key) : wrong;
    }
    std::string unit(rest);
    unit.erase(0, unit.find_first_not_of(' '));
    if (unit.empty() && !wanted.empty()) {
        return fmt::format("{} needs a unit: write '{} {}'", key, excerpt(text), wanted);
    }
    if (unit.empty()) {
        out = number;
        return "";
    }
    for (const Unit& known : units) {
        if (unit != known.name) continue;
        if (wanted != known.base) {
            return fmt::format("'{}' is {}, but {}", excerpt(text), kind_of(known.base).name,
                               expected(wanted, key));
        }
        out = number * known.factor;
        return "";
    }
    return fmt::format("unknown unit '{}' in '{}'{}{}", excerpt(unit), excerpt(text),
                       did_you_mean(unit, units_of(wanted)),
                       wanted.empty() ? "; " + expected(wanted, key)
                                      : fmt::format(" ({} takes {})", key, join(units_of(wanted))));
}

std::string input_unit_in(const std::string& text) {
    const std::size_t end = text.find_last_of("0123456789. ");
    const std::string name = end == std::string::npos ? text : text.substr(end + 1);
    if (name.empty()) return "";
    for (const Unit& unit : units) {
        if (name == unit.name && is_input(unit.base)) return unit.base;
    }
    return any_input;
}

std::string kind_name(const std::string& base) {
    return kind_of(base).name;
}

std::vector<Dimension> dimensions() {
    std::vector<Dimension> out;
    for (const Kind& kind : kinds) {
        if (*kind.base && kind.base != std::string(any_input))
            out.push_back({kind.name, units_of(kind.base)});
    }
    return out;
}

}  // namespace snnsim
