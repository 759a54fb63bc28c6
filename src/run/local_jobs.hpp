// Jobs on this machine.
#pragma once

#include <sys/types.h>

#include <map>

#include "src/run/jobs.hpp"

namespace snnsim {

class LocalJobs final : public Jobs {
  public:
    explicit LocalJobs(const JobOptions& options);
    ~LocalJobs() override;
    LocalJobs(const LocalJobs&) = delete;
    LocalJobs& operator=(const LocalJobs&) = delete;

    bool idle() const override { return running_.empty(); }
    bool has_room() const override {
        return running_.size() < static_cast<std::size_t>(options_.jobs);
    }
    void start(const Job& job) override;
    void interrupt() override;
    std::optional<EndedJob> wait() override;
    /// As wait(), but at once.
    std::optional<EndedJob> ended();

  private:
    bool launched() const { return !options_.launcher.empty(); }

    const JobOptions options_;
    const int stop_signal_;
    bool interrupted_ = false;  // a second time would kill them
    std::map<pid_t, std::size_t> running_;
};

}  // namespace snnsim
