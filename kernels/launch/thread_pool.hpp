// Threads that share out the pieces of one loop at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace snnsim {

/// What a run file and a report call so many threads.
inline std::string cpu_name(int threads) {
    return "cpu, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

/// The caller works too, and returns when every piece is done; a thread that the system has not let
/// run by then holds nobody up, so that a busy machine costs its share and no more. Waiting threads
/// spin for some 20 us, then sleep.
class ThreadPool {
  public:
    explicit ThreadPool(int threads) {
        for (int k = 1; k < threads; ++k) workers_.emplace_back([this] { work(); });
    }
    ~ThreadPool() {
        stop_.store(true);
        ticket_.fetch_add(std::uint64_t{1} << 32);
        ticket_.notify_all();
        for (std::thread& w : workers_) w.join();
    }
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// Calls piece(0) .. piece(count - 1), each once, on any thread; count < 2^32. The pieces must
    /// not throw.
    template <class Piece>
    void run(std::uint32_t count, const Piece& piece) {
        if (workers_.empty() || count < 2) {
            for (std::uint32_t k = 0; k < count; ++k) piece(k);
            return;
        }
        // The ticket holds the number of the loop and the next piece; a new number makes old
        // tickets worthless. That comes first: a thread late for the last loop must not take a
        // piece of it because this one has more.
        const std::uint64_t loop = (ticket_.load() >> 32) + 2;
        ticket_.store((loop - 1) << 32 | no_piece);
        call_ = [](const void* object, std::uint32_t k) {
            (*static_cast<const Piece*>(object))(k);
        };
        object_ = &piece;
        count_.store(count);
        done_.store(0);
        ticket_.store(loop << 32);
        ticket_.notify_all();
        take_pieces(loop);
        while (done_.load(std::memory_order_acquire) != count) pause();
    }

  private:
    static constexpr std::uint64_t no_piece = 0xFFFFFFFFu;

    void take_pieces(std::uint64_t loop) {
        for (;;) {
            std::uint64_t ticket = ticket_.load();
            if (ticket >> 32 != loop || static_cast<std::uint32_t>(ticket) >= count_.load()) return;
            if (!ticket_.compare_exchange_weak(ticket, ticket + 1)) continue;
            call_(object_, static_cast<std::uint32_t>(ticket));
            done_.fetch_add(1, std::memory_order_release);
        }
    }
    void work() {
        std::uint64_t seen = 0;
        while (!stop_.load()) {
            std::uint64_t ticket = ticket_.load();
            for (int spin = 0; ticket >> 32 == seen && spin < 2000; ++spin) {
                pause();
                ticket = ticket_.load();
            }
            if (ticket >> 32 == seen) {
                ticket_.wait(ticket);
                continue;
            }
            seen = ticket >> 32;
            take_pieces(seen);
        }
    }
    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#else
        std::this_thread::yield();
#endif
    }

    std::vector<std::thread> workers_;
    std::atomic<std::uint64_t> ticket_{0};
    std::atomic<std::uint32_t> count_{0}, done_{0};
    std::atomic<bool> stop_{false};
    void (*call_)(const void*, std::uint32_t) = nullptr;
    const void* object_ = nullptr;
};

}  // namespace snnsim
