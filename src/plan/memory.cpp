#include "src/plan/memory.hpp"

#include <fmt/format.h>

#include <string>

#include "snnsim/error.hpp"
#include "src/files/room.hpp"

namespace snnsim {

std::size_t sum_of(const std::vector<MemoryPart>& parts) {
    std::size_t sum = 0;
    for (const MemoryPart& p : parts) sum += p.bytes;
    return sum;
}

std::string memory_problem(const std::vector<MemoryPart>& parts, std::size_t available,
                           const std::string& advice, const std::string& memory) {
    const std::size_t needed = sum_of(parts);
    if (needed <= available) return "";
    std::string list;
    for (const MemoryPart& p : parts)
        list += fmt::format("\n  {:>9}  {}", bytes_text(p.bytes), p.name);
    return fmt::format("this model takes about {} of {} and {} are free; {}:{}", bytes_text(needed),
                       memory, bytes_text(available), advice, list);
}

void require_memory(const std::vector<MemoryPart>& parts, std::size_t available,
                    const char* advice) {
    const std::string wrong = memory_problem(parts, available, advice);
    if (!wrong.empty()) throw DeviceError(wrong);
}

}  // namespace snnsim
