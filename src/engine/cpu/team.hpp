// Threads that live through a run and work in step.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace snnsim {

/// Nobody passes before everybody came. Waits spinning, and after some 50 us lets others run: a
/// step takes about 10 us, but there may be more threads than cores.
class SpinBarrier {
  public:
    /// Before anybody waits.
    void expect(int threads) { threads_ = static_cast<std::uint32_t>(threads); }

    void wait() {
        const std::uint32_t round = round_.load(std::memory_order_relaxed);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
            arrived_.store(0, std::memory_order_relaxed);
            round_.store(round + 1, std::memory_order_release);
            return;
        }
        for (int spin = 0; round_.load(std::memory_order_acquire) == round; ++spin) {
            if (spin < 2000) {
#if defined(__x86_64__)
                __builtin_ia32_pause();
#endif
            } else {
                std::this_thread::yield();
            }
        }
    }

  private:
    std::uint32_t threads_ = 1;
    alignas(64) std::atomic<std::uint32_t> arrived_{0};
    alignas(64) std::atomic<std::uint32_t> round_{0};
};

/// Runs one function on several threads at once, the caller's among them.
class Team {
  public:
    explicit Team(int threads) : threads_(threads) {
        for (int k = 1; k < threads; ++k) workers_.emplace_back([this, k] { work(k); });
    }
    ~Team() {
        start(nullptr);
        for (std::thread& w : workers_) w.join();
    }
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    int threads() const { return threads_; }
    /// Calls task(0) .. task(active - 1), each on its own thread; it must not throw.
    void run(int active, const std::function<void(int)>& task) {
        barrier.expect(active);
        if (active == 1) {
            task(0);
            return;
        }
        active_ = active;
        start(&task);
        task(0);
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return busy_ == 0; });
    }

    /// The same of tasks that do not wait for each other and may throw: what the first of those
    /// that did threw is thrown again.
    void run_apart(const std::function<void(int)>& task) {
        std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(threads_));
        run(threads_, [&](int thread) {
            try {
                task(thread);
            } catch (...) {
                thrown[static_cast<std::size_t>(thread)] = std::current_exception();
            }
        });
        for (const std::exception_ptr& e : thrown) {
            if (e) std::rethrow_exception(e);
        }
    }

    SpinBarrier barrier;  // for the tasks

  private:
    void start(const std::function<void(int)>* task) {
        const std::scoped_lock lock(mutex_);
        task_ = task;
        busy_ = threads_ - 1;
        ++round_;
        changed_.notify_all();
    }
    void work(int k) {
        for (std::uint64_t seen = 0;;) {
            const std::function<void(int)>* task = nullptr;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [&] { return round_ != seen; });
                seen = round_;
                task = task_;
            }
            if (!task) return;
            if (k < active_) (*task)(k);
            const std::scoped_lock lock(mutex_);
            if (--busy_ == 0) changed_.notify_all();
        }
    }

    const int threads_;
    int active_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void(int)>* task_ = nullptr;
    std::uint64_t round_ = 0;
    int busy_ = 0;
    std::vector<std::thread> workers_;
};

}  // namespace snnsim
