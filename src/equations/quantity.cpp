#include "src/equations/quantity.hpp"

#include <fmt/format.h>

#include <cmath>

namespace snnsim {
namespace {

struct Base {
    std::string_view name, word;  // "V", and "volt", as Brian2 writes it
    double factor;
    Dims dims;
    const char* kind;
};
constexpr Base bases[] = {
    {"V", "volt", 1e3, {{1, 0, 0, 0, 0}}, "a voltage"},
    {"A", "amp", 1e12, {{0, 1, 0, 0, 0}}, "a current"},
    {"s", "second", 1e3, {{0, 0, 1, 0, 0}}, "a time"},
    {"m", "metre", 1e6, {{0, 0, 0, 1, 0}}, "a length"},
    {"m", "meter", 1e6, {{0, 0, 0, 1, 0}}, "a length"},
    {"M", "molar", 1e6, {{0, 0, 0, 0, 1}}, "a concentration"},
    {"F", "farad", 1e12, {{-1, 1, 1, 0, 0}}, "a capacitance"},
    {"S", "siemens", 1e9, {{-1, 1, 0, 0, 0}}, "a conductance"},
    {"ohm", "ohm", 1e-9, {{1, -1, 0, 0, 0}}, "a resistance"},
    {"Hz", "hertz", 1e-3, {{0, 0, -1, 0, 0}}, "a rate"},
    {"C", "coulomb", 1e15, {{0, 1, 1, 0, 0}}, "a charge"},
    {"J", "joule", 1e18, {{1, 1, 1, 0, 0}}, "an energy"},
};
struct Prefix {
    std::string_view name;
    double factor;
};
constexpr Prefix prefixes[] = {{"", 1.0},   {"f", 1e-15}, {"p", 1e-12}, {"n", 1e-9}, {"u", 1e-6},
                               {"m", 1e-3}, {"c", 1e-2},  {"k", 1e3},   {"M", 1e6},  {"G", 1e9}};
constexpr std::array<const char*, 5> own{"mV", "pA", "ms", "um", "uM"};

/// How a unit of ours is called where it has a name.
struct Called {
    const char* name;
    Dims dims;
};
constexpr Called called[] = {{"pF", {{-1, 1, 1, 0, 0}}},    {"nS", {{-1, 1, 0, 0, 0}}},
                             {"Gohm", {{1, -1, 0, 0, 0}}},  {"1/ms", {{0, 0, -1, 0, 0}}},
                             {"mV/ms", {{1, 0, -1, 0, 0}}}, {"pA/ms", {{0, 1, -1, 0, 0}}}};

}  // namespace

bool Dims::operator==(const Dims& other) const {
    for (std::size_t k = 0; k < of.size(); ++k)
        if (std::abs(of[k] - other.of[k]) > 1e-9) return false;
    return true;
}
Dims Dims::operator*(const Dims& other) const {
    Dims out = *this;
    for (std::size_t k = 0; k < of.size(); ++k) out.of[k] += other.of[k];
    return out;
}
Dims Dims::to(double exponent) const {
    Dims out = *this;
    for (double& e : out.of) e *= exponent;
    return out;
}

std::optional<NamedUnit> unit_named(std::string_view name) {
    for (const Base& base : bases) {
        for (const Prefix& prefix : prefixes) {
            if (prefix.name == "c" && base.kind != std::string_view("a length")) continue;
            for (const std::string_view tail : {base.name, base.word}) {
                if (name.size() == prefix.name.size() + tail.size() &&
                    name.starts_with(prefix.name) && name.ends_with(tail))
                    return NamedUnit{prefix.factor * base.factor, base.dims};
            }
        }
    }
    return std::nullopt;
}

std::string unit_text(const Dims& dims) {
    for (const Called& c : called)
        if (dims == c.dims) return c.name;
    std::string out;
    for (std::size_t k = 0; k < own.size(); ++k) {
        const double e = dims.of[k];
        if (std::abs(e) < 1e-9) continue;
        if (!out.empty()) out += ' ';
        out += std::abs(e - 1.0) < 1e-9 ? own[k] : fmt::format("{}^{:g}", own[k], e);
    }
    return out;
}

std::string dims_text(const Dims& dims) {
    if (dims.none()) return "a number without a unit";
    for (const Base& base : bases)
        if (dims == base.dims) return fmt::format("{} ({})", base.kind, unit_text(dims));
    return fmt::format("a quantity in {}", unit_text(dims));
}

}  // namespace snnsim
