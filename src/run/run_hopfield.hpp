// Recall in a Hopfield network: from its model file to its run file.
#pragma once

#include <optional>
#include <string>

#include "snnsim/hopfield_spec.hpp"
#include "snnsim/run.hpp"

namespace snnsim {

/// The model of the file, or that of `options.model_text`, where it has the key `hopfield`; nothing
/// of any other model.
std::optional<HopfieldModel> hopfield_of(const std::string& path, const RunOptions& options);

/// Runs all trials, writes the run file and says what came of them. Interrupted, it writes none.
RunStatus run_hopfield(const HopfieldModel& model, const RunOptions& options);

/// What `snnsim check` says of one.
std::string hopfield_text(const HopfieldModel& model);

}  // namespace snnsim
