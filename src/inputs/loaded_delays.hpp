// Delays that stand with the weights of a file.
#pragma once

#include <string>

#include "snnsim/model_spec.hpp"
#include "src/io/read_weights.hpp"

namespace snnsim {

/// They become those of projection p, which must learn delays as long, and by source where it does:
/// else FileError. `file`: for the message.
void expect_delays(const ModelSpec& spec, const ProjectionSpec& p, const WeightShape& shape,
                   const FileWeights& weights, const std::string& file);

}  // namespace snnsim
