// The model that a run file keeps, and the one that a run begins with.
#pragma once

#include "snnsim/read_model.hpp"
#include "snnsim/run.hpp"

namespace snnsim {

/// Of the training that `simulate.network` of the model file `model` names. Throws FileError where
/// there is no such run, or it is none of a training that has ended.
RunModel read_run_model(const std::string& model, const std::string& run);

/// The model of the file `model`, or that of `options.model_text`.
AnyModel any_model_of(const std::string& model, const RunOptions& options);

}  // namespace snnsim
