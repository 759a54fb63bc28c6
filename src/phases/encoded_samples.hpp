// Samples as a trained network is shown them: encoded as in its training, one every period.
#pragma once

#include <cstdint>
#include <memory>

#include "snnsim/dataset.hpp"
#include "snnsim/engine.hpp"

namespace snnsim {

/// Steps from the start of a sample to that of the next.
std::int64_t sample_period(const SimulationSpec& spec, CarryOver state);
/// The windows of a phase that begins at a step.
SampleWindows sample_windows(const SimulationSpec& spec, CarryOver state, std::int64_t start);

/// Steps from the start of the last sample until all populations have seen it.
std::int64_t steps_of_last_sample(const SimulationSpec& spec);

/// How many are encoded together, so that they take some tens of MB at most.
std::uint64_t samples_at_once(const SimulationSpec& spec, const SampleSet& images);

/// Spikes, or values, of the input for the `count` samples whose numbers in their set `samples`
/// are, the first of which begins at step `start`.
std::shared_ptr<const PlayedSpikes> encoded(const SimulationSpec& spec, const SampleSet& images,
                                            bool test_set, CarryOver state, std::int64_t start,
                                            const std::uint32_t* samples, std::size_t count);

}  // namespace snnsim
