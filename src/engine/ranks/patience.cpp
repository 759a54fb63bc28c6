#include "src/engine/ranks/patience.hpp"

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#endif

namespace snnsim {

// std::atomic::wait is for threads of one process.
void SharedNumber::set(std::uint32_t to) {
    value.store(to);
    if (sleepers.load() == 0) return;
#if defined(__linux__)
    syscall(SYS_futex, &value, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
#endif
}

void SharedNumber::sleep(std::uint32_t old) {
#if defined(__linux__)
    sleepers.fetch_add(1);
    const timespec moment{0, 10'000'000};  // were a wake lost, no more than this would be
    syscall(SYS_futex, &value, FUTEX_WAIT, old, &moment, nullptr, 0);
    sleepers.fetch_sub(1);
#else
    static_cast<void>(old);
    std::this_thread::sleep_for(std::chrono::microseconds(20));
#endif
}

}  // namespace snnsim
