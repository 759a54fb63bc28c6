// How ranks wait for each other.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

namespace snnsim {

/// A number in memory that processes share, and those that sleep until it changes.
struct SharedNumber {
    std::atomic<std::uint32_t> value, sleepers;
    static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

    /// Wakes all who wait for it.
    void set(std::uint32_t to);
    /// Until it is no longer `old`, or for a moment.
    void sleep(std::uint32_t old);
};

/// Looks again and again: for a moment without letting go of the core, then letting others run,
/// since ranks may be more than cores. Who yields comes after all that want the core: where others
/// than ranks keep it for long, who sleeps and is woken gets it back sooner.
class Patience {
  public:
    void wait_for(SharedNumber& number, std::uint32_t value) {
        std::uint32_t now = 0;
        const auto done = [&] {
            return (now = number.value.load(std::memory_order_acquire)) == value;
        };
        wait(done, [&] { number.sleep(now); });
    }
    /// Until done(value) of the number, which whoever waits sees change.
    template <class Done>
    void wait_for_one(SharedNumber& number, Done&& done) {
        std::uint32_t now = 0;
        wait([&] { return done(now = number.value.load(std::memory_order_acquire)); },
             [&] { number.sleep(now); });
    }
    template <class Done>
    void wait_until(Done&& done) {
        wait(done, [] { std::this_thread::sleep_for(std::chrono::microseconds(20)); });
    }

  private:
    template <class Done, class Sleep>
    void wait(const Done& done, const Sleep& sleep) {
        for (int spin = 0; spin < spins; ++spin) {
            if (done()) return;
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        }
        using Clock = std::chrono::steady_clock;
        for (Clock::time_point now = Clock::now(); !done();) {
            if (sleeps_ > 0) {
                sleep();
                continue;
            }
            std::this_thread::yield();
            const Clock::time_point before = std::exchange(now, Clock::now());
            if (now - before > long_turn) sleeps_ = waits_of_sleep;
        }
        if (sleeps_ > 0) --sleeps_;
    }

    static constexpr int spins = 32;  // about a microsecond
    static constexpr std::chrono::microseconds long_turn{200};
    static constexpr int waits_of_sleep = 256;  // until it tries to yield again
    int sleeps_ = 0;
};

}  // namespace snnsim
