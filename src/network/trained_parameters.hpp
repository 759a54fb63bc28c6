// The parameters of a population's neurons that are trained, as they start.
#pragma once

#include <vector>

#include "snnsim/model_spec.hpp"
#include "snnsim/trained_parameter.hpp"

namespace snnsim {

/// Of population k of a model that has been checked: the values of the model file, spread by the
/// seed where it says so, or those that were loaded.
std::vector<TrainedParameter> trained_parameters(const ModelSpec& spec, std::size_t k);

}  // namespace snnsim
