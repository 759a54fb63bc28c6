// Parameters of neurons that are trained, from files and from runs.
#pragma once

#include <string>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// Reads the values that parameters start from (`trainable: {tau_m: {file: ...}}`). What is wrong,
/// with its places in the model, one line each; empty: nothing.
std::string load_learned(ModelSpec& spec);

/// Puts what a finished run has learned into `spec`. Throws FileError where it has not all of it.
void put_learned(const std::string& run, ModelSpec& spec);

/// Where a run file has what was learned.
std::string learned_path(const std::string& population, const std::string& name);

}  // namespace snnsim
