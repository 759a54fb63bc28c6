// Samples as spike trains, for `snnsim encode`.
#pragma once

#include "snnsim/dataset.hpp"
#include "snnsim/trainer.hpp"

namespace snnsim {

/// Of samples that an encoder takes, or that are spikes or events already, and that are in memory:
/// the trains of samples [first, first + count) of a set: the ones that an evaluation on the test
/// set (or epoch 0 of training) sees under the model's seed. The recording's samples count from 0.
/// Several events of an input in one step are one spike.
SpikeRecording encode_samples(const ModelSpec& spec, const SampleSet& samples, bool test,
                              std::size_t first, std::size_t count);

}  // namespace snnsim
