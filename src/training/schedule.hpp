// The learning rate of each weight update, and the order of the samples that it sees.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/network.hpp"

namespace snnsim {

/// The optimiser's base rate.
double base_learning_rate(const Optimizers::Params& optimizer);

/// Factor on the base rate at `update` of `total`, with `per_epoch` updates an epoch.
double schedule_factor(const ScheduleSpec& schedule, std::int64_t update, std::int64_t per_epoch,
                       std::int64_t total);

/// Width of the Gaussian around learned delays in an epoch (from 0), in steps: exponentially down.
double delay_sigma(const LearnedDelays& delays, std::int64_t epoch, std::int64_t epochs);

/// The samples in the order of an epoch: a function of (seed, epoch) alone.
std::vector<std::uint32_t> shuffled(std::vector<std::uint32_t> samples, std::uint64_t seed,
                                    std::uint32_t epoch);

}  // namespace snnsim
