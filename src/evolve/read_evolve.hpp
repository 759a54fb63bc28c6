// Files of `snnsim evolve`: reading and checking them.
#pragma once

#include <string>

#include "snnsim/evolve_spec.hpp"

namespace snnsim {

/// Throws ModelError with every problem and its place, FileError.
EvolveFile read_evolve(const std::string& path);
/// The same from text; `path` is used in messages.
EvolveFile parse_evolve(const std::string& text, const std::string& path);

}  // namespace snnsim
