// Samples from the files of a user, made into what a network can be shown.
#pragma once

#include <filesystem>
#include <string>

#include "snnsim/dataset.hpp"

namespace snnsim {

enum class Targets : std::uint8_t { classes, real, as_stored };

/// What an input population can be shown.
struct InputRequest {
    std::string array = {};              // the name of its samples in the file; empty: x
    std::string where = {}, input = {};  // "m.yaml:5:3", and the population
    std::int64_t inputs = 0;             // its size
    std::string encoder = "direct";
    bool over_steps = false;   // it shows each step another part of a sample
    bool any_value = true;     // the encoder takes numbers that are not in [0, 1]; else ...
    std::string instead = {};  // ... what could be done but to scale them
};

/// What an output can be asked for.
struct TargetRequest {
    std::string array = {};  // the name of its targets in the file; empty: y
    Targets targets = Targets::as_stored;
    std::int64_t outputs = 0;  // of real targets for each step: of the population; 0: of a sample
    std::int64_t classes = 0;  // at least; 0: as many as labels tell
    bool shares = false;       // real targets lie between 0 and 1
    std::string loss = {};     // that asks for such targets; empty: none does
    ClassWeights class_weights = {};
    std::vector<std::string> class_names = {};  // empty: those in the file, where y has no name
};

/// What is asked of them.
struct SampleRequest {
    const DataSpec& data;
    std::filesystem::path folder;  // of the model file
    std::uint64_t seed = 1;
    double dt = 1.0;  // ms
    std::int64_t steps = 1;
    std::vector<InputRequest> inputs = {};    // one at least; either the only one, or all have ...
    std::vector<TargetRequest> targets = {};  // ... the names of arrays; so here
    bool needs_test = true;
    bool needs_train = true;  // else test samples alone will do
};

/// Reads them, or begins to stream them. Its warnings tell of what is hardly meant so. Throws
/// DataError that names what does not fit what.
Dataset load_own_samples(const SampleRequest& request);

/// How many of each there will be, without reading them. Throws DataError.
struct SampleCounts {
    std::int64_t training = 0, test = 0;
};
SampleCounts count_own_samples(const SampleRequest& request);

}  // namespace snnsim
