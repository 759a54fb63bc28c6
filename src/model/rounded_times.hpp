// What becomes of many times on the grid of dt.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace snnsim {

/// How many of `count` times (ms) are no whole numbers of dt, and the first of them.
struct RoundedTimes {
    std::size_t count = 0, off = 0;
    double dt = 0.0, first = 0.0;

    /// "3 of 4 times are ..."; `what` has a plural.
    std::string text(const std::string& what) const;
};
RoundedTimes rounded_times(std::size_t count, double dt,
                           const std::function<double(std::size_t)>& time);

}  // namespace snnsim
