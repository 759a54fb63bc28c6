// What weights by spines are made with; see SpineSpec.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/network.hpp"

namespace snnsim {

/// The gain of each weight of projection `number`, which is that of its target, one of so many (of
/// a window: of its channel).
std::vector<float> spine_gains(const SpineSpec& spec, std::uint64_t seed, std::size_t number,
                               const Projection& projection, std::size_t targets);
/// Standard deviation of the weights that are there.
float spread_of(const std::vector<float>& weights);
/// What spines must exceed in such an epoch, from 0, of so many; in spreads.
double spine_shift(const SpineSpec& spec, std::uint32_t epoch, std::int64_t epochs);

}  // namespace snnsim
