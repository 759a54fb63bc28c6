// A run of whatever a model file describes.
#pragma once

#include <string>

#include "snnsim/run.hpp"

namespace snnsim {

/// Trains, simulates, or first the one and then the other, as the model says; or goes on with
/// `options.resume`, and `model` is empty. A network that was trained is simulated into
/// `x_simulated.h5` beside `x.h5`. Throws the exceptions of error.hpp.
RunStatus run_any(const std::string& model, const RunOptions& options);

}  // namespace snnsim
