// States that have strayed on several ranks: all end with one error.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

/// The first that a rank found, and what is told of it.
struct FoundTrouble {
    std::int64_t step = 0;
    std::uint64_t population = 0;
    std::int64_t cell = 0;
    std::string text;

    auto operator<=>(const FoundTrouble&) const = default;
};

/// On all ranks: throws the NumericalError of the first of all; returns where none found any.
void tell_first_trouble(Exchange& exchange, const std::optional<FoundTrouble>& mine);

}  // namespace snnsim
