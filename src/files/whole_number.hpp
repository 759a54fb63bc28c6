// The one conversion from what a file holds, of any width, sign or kind, to a whole number: what
// would change on the way is no number of a cell, a class or a row.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace snnsim {

/// `value` as a T; nothing where no T is equal to it: -1 of an unsigned one, 0.7, nan, 2^40 of 32
/// bits.
template <std::integral T, class V>
std::optional<T> whole_number(V value) {
    if constexpr (std::floating_point<V>) {
        // Powers of two, or their negatives: exact in any V.
        constexpr V low = static_cast<V>(std::numeric_limits<T>::min());
        constexpr V end = V{2} * static_cast<V>(T{1} << (std::numeric_limits<T>::digits - 1));
        if (!(value >= low && value < end) || value != std::floor(value)) return std::nullopt;
    } else {
        if (!std::in_range<T>(value)) return std::nullopt;
    }
    return static_cast<T>(value);
}

/// `value` as the number of one of `count` things that are numbered from 0.
template <class V>
std::optional<std::uint32_t> index_below(V value, std::uint64_t count) {
    const std::optional<std::uint32_t> index = whole_number<std::uint32_t>(value);
    return index && *index < count ? index : std::nullopt;
}

/// "there is no cell -1: there are 5, numbered from 0"
inline std::string no_such(const std::string& thing, const std::string& value,
                           std::uint64_t count) {
    return "there is no " + thing + " " + value + ": there are " + std::to_string(count) +
           ", numbered from 0";
}

}  // namespace snnsim
