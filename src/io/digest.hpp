// The digest of recorded spikes: equal digests, equal rasters.
#pragma once

#include <string>
#include <vector>

#include "snnsim/trainer.hpp"

namespace snnsim {

/// SHA-256 over the population's name and its spikes in the order of the file: (sample, step,
/// neuron), 32 bits each, little endian.
std::string spike_digest(const SpikeRecording& spikes);
/// SHA-256 over the digests of all populations (in hexadecimal), in the order of their names.
std::string spike_digest(const std::vector<SpikeRecording>& populations);

}  // namespace snnsim
