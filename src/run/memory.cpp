#include "src/run/memory.hpp"

#include <fmt/format.h>

#include <string>

#include "snnsim/error.hpp"
#include "src/files/room.hpp"

namespace snnsim {
void require_memory(const std::vector<MemoryPart>& parts, std::size_t available,
                    const char* advice) {
    std::size_t needed = 0;
    std::string list;
    for (const MemoryPart& p : parts) {
        needed += p.bytes;
        list += fmt::format("\n  {:>9}  {}", bytes_text(p.bytes), p.name);
    }
    if (needed <= available) return;
    throw DeviceError(fmt::format("this model takes about {} of memory and {} are free; {}:{}",
                                  bytes_text(needed), bytes_text(available), advice, list));
}

}  // namespace snnsim
