// What a pool makes of what its window covers.
#pragma once

#include <cstdint>

namespace snnsim {

enum class PoolKind : std::uint8_t { average, sum, max };

}  // namespace snnsim
