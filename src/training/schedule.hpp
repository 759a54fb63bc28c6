// The learning rate of each weight update, and the order of the samples that it sees.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// The optimiser's base rate.
double base_learning_rate(const Optimizers::Params& optimizer);

/// Factor on the base rate at `update` of `total`, with `per_epoch` updates an epoch.
double schedule_factor(const ScheduleSpec& schedule, std::int64_t update, std::int64_t per_epoch,
                       std::int64_t total);

/// The samples in the order of an epoch: a function of (seed, epoch) alone.
std::vector<std::uint32_t> shuffled(std::vector<std::uint32_t> samples, std::uint64_t seed,
                                    std::uint32_t epoch);

}  // namespace snnsim
