// How the class of a sample is told where nothing is trained.
#pragma once

#include <string>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// As the model says it (test.prediction), `auto` resolved.
Prediction prediction_of(const ModelSpec& spec, const std::string& output);
/// The loss that reads the output so.
Loss loss_of(Prediction prediction);

}  // namespace snnsim
