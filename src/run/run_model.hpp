// The model that a run file keeps.
#pragma once

#include "snnsim/read_model.hpp"

namespace snnsim {

/// Of the training that `simulate.network` of the model file `model` names. Throws FileError where
/// there is no such run, or it is none of a training that has ended.
RunModel read_run_model(const std::string& model, const std::string& run);

}  // namespace snnsim
