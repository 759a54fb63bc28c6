// Ranks that are threads of one process: what the engine does over several processes, in one.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "src/engine/ranks/exchange.hpp"

namespace snnsim {

class ThreadRanks {
  public:
    explicit ThreadRanks(int ranks);
    ~ThreadRanks();
    ThreadRanks(const ThreadRanks&) = delete;
    ThreadRanks& operator=(const ThreadRanks&) = delete;

    /// Calls task(exchange) for each rank, in threads of their own. What a task throws it tells the
    /// other ranks; that of the first that did not only hear of it is thrown again.
    void run(const std::function<void(Exchange&)>& task);

    /// For one thread at a time.
    Exchange& rank(int r);

  private:
    class Rank;
    void meet();

    std::mutex mutex_;
    std::condition_variable changed_;
    int here_ = 0;
    std::uint64_t round_ = 0;
    bool warned_ = false;
    std::vector<std::unique_ptr<Rank>> ranks_;
};

}  // namespace snnsim
