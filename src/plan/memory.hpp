// Too much memory is an error before it is allocated.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "snnsim/network.hpp"
#include "src/files/room.hpp"

namespace snnsim {

/// What takes less memory.
constexpr const char* less_of_training =
    "a smaller train.batch, fewer time steps or smaller populations take less";
constexpr const char* less_of_simulation =
    "smaller populations or fewer synapses take less, or a smaller `scale`";

std::size_t sum_of(const std::vector<MemoryPart>& parts);

/// Lists the parts when they need more than `available`, with what takes less; else empty.
/// `memory`: which it is.
std::string memory_problem(const std::vector<MemoryPart>& parts, std::size_t available,
                           const std::string& advice, const std::string& memory = "memory");
/// Throws DeviceError that lists the parts when they need more than `available`, and says what
/// takes less.
void require_memory(const std::vector<MemoryPart>& parts, std::size_t available,
                    const char* advice = less_of_training);

}  // namespace snnsim
