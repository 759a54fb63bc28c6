// Too much memory is an error before it is allocated.
#pragma once

#include <cstddef>
#include <vector>

#include "snnsim/network.hpp"
#include "src/files/room.hpp"

namespace snnsim {

/// Throws DeviceError that lists the parts when they need more than `available`, and says what
/// takes less.
void require_memory(const std::vector<MemoryPart>& parts, std::size_t available,
                    const char* advice =
                        "a smaller train.batch, fewer time steps or smaller "
                        "populations take less");

}  // namespace snnsim
