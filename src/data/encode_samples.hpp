// Samples as spike trains, for `snnsim encode`.
#pragma once

#include "snnsim/dataset.hpp"
#include "snnsim/trainer.hpp"

namespace snnsim {

/// Of samples that an encoder takes, and that are in memory: the trains of samples [first, first +
/// count) of a set: the ones that an evaluation on the test set (or epoch 0 of training) sees under
/// the model's seed. The recording's samples count from 0.
SpikeRecording encode_samples(const ModelSpec& spec, const SampleSet& samples, bool test,
                              std::size_t first, std::size_t count);

}  // namespace snnsim
