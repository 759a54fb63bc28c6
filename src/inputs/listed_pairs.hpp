// The pairs of `connect: {rule: list}` in a training.
#pragma once

#include <cstddef>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// A list in the order of sources and targets and, where the file has a column for them and no
/// other file gives them, weights. Throws DataError with file and line or row: a pair that is there
/// twice, for a pair has one weight here; weights that are not finite, or that the projection gives
/// too.
FileWeights listed_pairs(const ModelSpec& spec, std::size_t projection);

}  // namespace snnsim
