// The limits of a number: whether a value lies within, and how a message says it.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "kernels/fields.hpp"

namespace snnsim {

inline std::string limits_text(const Limits& l) {
    const bool low = std::isfinite(l.low), high = std::isfinite(l.high);
    if (low && high) {
        const char* open = l.low_open && l.high_open ? " (both excluded)" : "";
        if (!*open && l.low_open)
            return fmt::format("greater than {} and at most {}", l.low, l.high);
        if (!*open && l.high_open)
            return fmt::format("at least {} and less than {}", l.low, l.high);
        return fmt::format("between {} and {}{}", l.low, l.high, open);
    }
    if (low) return fmt::format("{} {}", l.low_open ? "greater than" : "at least", l.low);
    if (high) return fmt::format("{} {}", l.high_open ? "less than" : "at most", l.high);
    return "";
}
inline bool within(double x, const Limits& l) {
    return (l.low_open ? x > l.low : x >= l.low) && (l.high_open ? x < l.high : x <= l.high);
}

}  // namespace snnsim
