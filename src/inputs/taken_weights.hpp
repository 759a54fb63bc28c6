// Which weights a training takes from another run (`--weights`).
#pragma once

#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

struct TakenWeights {
    std::vector<std::string> overrides;  // `--set` that has them read, as a run file keeps them
    std::string text;                    // lines that say what is taken and what is not
};

/// By the names of projections, from a run or from what `snnsim weights` wrote. Those whose weights
/// come from a file already keep it. Throws UsageError where none has the name of one of the
/// model's, or a projection has another shape.
TakenWeights taken_weights(const std::string& run, const ModelSpec& spec);

/// Puts the weights of a finished run of the same projections into `spec`, in place of those that
/// are drawn or come from files. Throws FileError where they do not fit.
void put_weights(const std::string& run, ModelSpec& spec);

}  // namespace snnsim
