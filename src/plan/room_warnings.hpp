// What `check` says of a model that this machine has no room for.
#pragma once

#include <string>
#include <vector>

#include "src/plan/memory.hpp"
#include "src/plan/run_size.hpp"

namespace snnsim {

/// Why a run from `memory` and to the run file `path` would be refused or warned of here.
std::vector<std::string> room_warnings(const std::vector<MemoryPart>& memory, const char* advice,
                                       const std::vector<FilePart>& file, const std::string& path);

}  // namespace snnsim
