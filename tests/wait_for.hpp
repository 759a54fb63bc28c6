// Waiting for what is to be seen, in tests: no test depends on how fast the machine is.
#pragma once

#include <chrono>
#include <stdexcept>
#include <thread>

namespace snnsim::testing {

/// Returns once `seen()` is true. What does not happen within an hour never will.
template <class Seen>
void wait_for(const Seen& seen) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::hours(1);
    while (!seen()) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("what was waited for did not happen");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace snnsim::testing
