// The keys of each distribution in the model file, and what values it gives.
#pragma once

#include <span>
#include <string>
#include <utility>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// A number of a distribution. `pure`: without a unit, whatever is drawn.
struct DistributionKey {
    const char* name;
    double Distribution::*member;
    const char* help;
    Need need = Need::required;
    bool pure = false;
};

/// What stands beside `distribution`, but for `outside`.
std::span<const DistributionKey> keys_of(Shape shape);
/// Of these shapes `low` and `high` are bounds, with `outside`.
inline bool has_bounds(Shape shape) {
    return shape != Shape::constant && shape != Shape::uniform;
}

/// The least and the greatest value that it can give.
std::pair<double, double> extent(const Distribution& d);

/// What is wrong where no value lies between the bounds, beyond 12.5 standard deviations: that is
/// one in 10^35. Else empty.
std::string no_value_in_bounds(const Distribution& d);
/// What is wrong where a lognormal distribution spans more than any network can hold: who writes
/// its std as that of the values, not of their logarithm, gets that. Else empty.
std::string too_wide(const Distribution& d);

}  // namespace snnsim
