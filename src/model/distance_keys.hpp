// The keys of weights and delays that depend on the distance.
#pragma once

#include <span>

#include "snnsim/space_spec.hpp"

namespace snnsim {

/// A number beside `distance`. `pure`: without a unit; `member`: null of one that is read
/// otherwise.
struct DistanceKey {
    const char* name;
    double ByDistance::*member;
    const char* help;
    Need need = Need::required;
    bool pure = false;
};
std::span<const DistanceKey> keys_of(DistanceLaw law);

}  // namespace snnsim
