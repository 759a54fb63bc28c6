// What of samples can be shown, but is hardly meant so.
#pragma once

#include <string>
#include <vector>

#include "src/inputs/own_samples.hpp"
#include "src/io/stored_samples.hpp"

namespace snnsim {

/// Classes without samples, bytes that are all but 0, inputs that never change, arrays that nothing
/// takes.
std::vector<std::string> sample_warnings(const SampleRequest& request, const StoredSamples& stored,
                                         const Dataset& data);

}  // namespace snnsim
