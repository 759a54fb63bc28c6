#include "src/run/memory.hpp"

#include <fmt/format.h>

#include <string>

#include "snnsim/error.hpp"
#include "src/files/room.hpp"

namespace snnsim {

std::string memory_problem(const std::vector<MemoryPart>& parts, std::size_t available,
                           const char* advice) {
    std::size_t needed = 0;
    std::string list;
    for (const MemoryPart& p : parts) {
        needed += p.bytes;
        list += fmt::format("\n  {:>9}  {}", bytes_text(p.bytes), p.name);
    }
    if (needed <= available) return "";
    return fmt::format("this model takes about {} of memory and {} are free; {}:{}",
                       bytes_text(needed), bytes_text(available), advice, list);
}

void require_memory(const std::vector<MemoryPart>& parts, std::size_t available,
                    const char* advice) {
    const std::string wrong = memory_problem(parts, available, advice);
    if (!wrong.empty()) throw DeviceError(wrong);
}

}  // namespace snnsim
