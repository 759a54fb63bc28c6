// The patterns of a network and the states that its trials start from.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/hopfield_spec.hpp"

namespace snnsim {

/// [unit][word]: bit mu % 32 of word mu / 32 is 1 where unit's value in pattern mu is +1.
std::vector<std::uint32_t> pattern_bits(const HopfieldModel& model);

/// +1 or -1 of a unit in a pattern.
inline int sign_in(const std::vector<std::uint32_t>& bits, std::size_t words, std::size_t unit,
                   std::size_t pattern) {
    return bits[unit * words + pattern / 32] >> (pattern % 32) & 1u ? 1 : -1;
}

/// [trial][unit]
std::vector<std::int8_t> start_states(const HopfieldModel& model,
                                      const std::vector<std::uint32_t>& bits);

}  // namespace snnsim
