// What a model file must fulfil beyond each key on its own.
#pragma once

#include "src/model/value.hpp"

namespace snnsim {

/// Checks that the parts of a model fit each other; `root` tells where each stands.
void check_model(const ModelSpec& spec, const Value& root, Problems& problems);

}  // namespace snnsim
