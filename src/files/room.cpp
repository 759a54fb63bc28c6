#include "src/files/room.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "snnsim/error.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
constexpr std::uint64_t small = 64 << 20;

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

/// `ulimit -v`.
std::size_t from_limit_of_process() {
    rlimit limit{};
    std::size_t pages = 0;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return no_limit;
    if (!(std::ifstream("/proc/self/statm") >> pages)) return no_limit;
    const std::size_t used = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

}  // namespace

std::size_t available_on_machine() {
    return std::min(from_meminfo(), from_control_group());
}
std::size_t available_memory() {
    return std::min(available_on_machine(), from_limit_of_process());
}

std::string bytes_text(std::size_t bytes) {
    const auto value = static_cast<double>(bytes);
    if (value >= 999.95e9) {  // where GB would say 1000.0
        const double tera = value * 1e-12;
        return fmt::format("{:.{}f} TB", tera, tera < 9.995 ? 2 : tera < 99.95 ? 1 : 0);
    }
    if (value >= 1e9) return fmt::format("{:.1f} GB", value * 1e-9);
    if (value >= 1e6) return fmt::format("{:.0f} MB", value * 1e-6);
    if (value >= 1e3) return fmt::format("{:.0f} kB", value * 1e-3);
    return counted(static_cast<std::int64_t>(bytes), "byte");
}

void require_room(std::uint64_t bytes, const std::string& what) {
    if (bytes <= small) return;
    const std::size_t available = available_memory();
    if (bytes <= available) return;
    throw FileError(fmt::format("{} takes {} of memory, and {} are free", what, bytes_text(bytes),
                                bytes_text(available)));
}

}  // namespace snnsim
