// Units of equations: what is added must be alike, and what is multiplied has a unit of its own.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace snnsim {

/// The unit of a quantity as exponents of mV, pA, ms, um and uM. Numbers are kept in the products
/// of these, which need no factors between them: pA ms / mV is pF, pA / mV is nS, mV / pA is Gohm.
struct Dims {
    std::array<double, 5> of{};

    bool operator==(const Dims& other) const;
    bool none() const { return *this == Dims{}; }
    Dims operator*(const Dims& other) const;
    Dims operator/(const Dims& other) const { return *this * other.to(-1.0); }
    Dims to(double exponent) const;
};

inline constexpr Dims dims_of_time{{0, 0, 1, 0, 0}};
inline constexpr Dims dims_of_current{{0, 1, 0, 0, 0}};
/// That of white noise, whose integral over time grows as its root.
inline constexpr Dims dims_of_noise{{0, 0, -0.5, 0, 0}};

/// A unit by its name ("mV", "siemens", "Mohm"): what it is in products of mV, pA, ms, um and uM.
struct NamedUnit {
    double factor;
    Dims dims;
};
std::optional<NamedUnit> unit_named(std::string_view name);

/// "mV", "nS", "1/ms", "mV ms^-2"; "" for a pure number.
std::string unit_text(const Dims& dims);
/// For messages: "a voltage (mV)", "a number without a unit", "in mV ms^-2".
std::string dims_text(const Dims& dims);

}  // namespace snnsim
