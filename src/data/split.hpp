// Samples cut into those to learn from and those held out.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/dataset.hpp"

namespace snnsim {

struct Split {
    std::vector<std::uint32_t> train, validation;  // ascending
};

/// What a part is held out for, so that one draws other samples than the other.
enum class HeldOutFor : std::uint8_t { validation, test };

/// Samples 0 .. count-1, of which a share is held out, by a random order of its own.
Split split_samples(std::uint64_t seed, std::uint32_t count, double share,
                    HeldOutFor what = HeldOutFor::validation);
/// The same of whole groups: as many of them as the share says, one at least, and not all. `groups`
/// has the group of each sample.
Split split_groups(std::uint64_t seed, const std::vector<std::int32_t>& groups, double share,
                   HeldOutFor what);

/// What a training learns from, and what it is validated by: the data set's own samples for that,
/// or the share that `train.validation` says.
Split split_training(const ModelSpec& spec, const Dataset& data);

}  // namespace snnsim
