// How many threads are worth their meetings.
#pragma once

#include <algorithm>
#include <array>

namespace snnsim {

/// Chooses between one thread and all of them by the speed measured: a small network, or a machine
/// that is busy with other things, is faster on one. Results do not depend on the choice.
class ThreadChoice {
  public:
    explicit ThreadChoice(int threads) : threads_{1, threads} {}

    int next() {
        if (threads_[0] == threads_[1]) return 1;
        // Both are tried at first, and the one that lost again after a while.
        trying_ = seconds_[0] == 0.0 || seconds_[1] == 0.0 || ++since_trial_ >= patience;
        if (trying_) since_trial_ = 0;
        now_ = seconds_[1] == 0.0 ? 1 : seconds_[0] == 0.0 ? 0 : trying_ ? 1 - best() : best();
        return threads_[now_];
    }
    /// True when the last next() was there to find out.
    bool trying() const { return trying_; }
    /// What a step took with the number of threads that next() gave.
    void measured(double seconds_per_step) {
        double& known = seconds_[now_];
        known = known == 0.0 ? seconds_per_step : 0.7 * known + 0.3 * seconds_per_step;
    }

  private:
    static constexpr int patience = 30;
    std::size_t best() const { return seconds_[0] < seconds_[1] ? 0 : 1; }

    std::array<int, 2> threads_;
    std::array<double, 2> seconds_{};  // per step; 0: not known
    std::size_t now_ = 0;
    int since_trial_ = 0;
    bool trying_ = false;
};

}  // namespace snnsim
