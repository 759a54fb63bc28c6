#include "src/run/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "snnsim/error.hpp"
#include "src/cli/progress.hpp"

namespace snnsim {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

std::size_t from_meminfo() {
    std::ifstream file("/proc/meminfo");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("MemAvailable:", 0) == 0) return std::stoull(line.substr(13)) * 1024;  // kB
    }
    return no_limit;
}

/// Control groups, version 2; "max" stands for no limit and is no number.
std::size_t from_control_group() {
    std::ifstream limit_file("/sys/fs/cgroup/memory.max");
    std::ifstream used_file("/sys/fs/cgroup/memory.current");
    std::size_t limit = 0, used = 0;
    if (!(limit_file >> limit) || !(used_file >> used)) return no_limit;
    return limit > used ? limit - used : 0;
}

}  // namespace

std::size_t available_memory() {
    return std::min(from_meminfo(), from_control_group());
}

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
