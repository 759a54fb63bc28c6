// Loops that several threads share: every piece once, however short the loops and late the threads.
#include "kernels/launch/thread_pool.hpp"

#include <gtest/gtest.h>

namespace snnsim {
namespace {

TEST(ThreadPool, EveryPieceOnce) {
    // Loops of changing length at a pace at which threads are often late for the last one.
    ThreadPool pool(4);
    std::vector<std::atomic<int>> calls(64);
    for (std::uint32_t loop = 0; loop < 200000; ++loop) {
        const std::uint32_t count = 2 + loop * 7 % 40;
        pool.run(count, [&](std::uint32_t k) { calls[k].fetch_add(1, std::memory_order_relaxed); });
        for (std::uint32_t k = 0; k < calls.size(); ++k)
            ASSERT_EQ(calls[k].exchange(0, std::memory_order_relaxed), k < count ? 1 : 0) << loop;
    }
}

}  // namespace
}  // namespace snnsim
