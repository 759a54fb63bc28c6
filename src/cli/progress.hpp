// What a run shows while it goes on: a bar on a terminal, plain lines elsewhere.
#pragma once

#include "snnsim/run.hpp"
#include "src/training/loop.hpp"

namespace snnsim {

class ProgressDisplay {
  public:
    explicit ProgressDisplay(ProgressStyle style);
    ~ProgressDisplay();
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;

    /// Prints text that ends its own lines, below a bar that stands there.
    void say(const std::string& text);
    void show(const TrainingProgress& progress);
    /// A simulation has reached `time` of `duration`, both in ms, after `seconds`.
    void show_time(double time, double duration, double seconds);
    /// The same of a course that has no known length: `what` is under way.
    void show_share(const std::string& what, double share, double seconds);

  private:
    void end_bar();
    void show_bar(const TrainingProgress& p, double rate, double left);
    void show_plain(const TrainingProgress& p, double rate, double left);

    ProgressStyle style_;
    bool bar_open_ = false;   // the cursor stands behind a bar
    double last_line_ = 0.0;  // when a plain line was last printed
};

/// "1:23", "2:03:04"
std::string duration_text(double seconds);
/// 1234567 -> "1,234,567"
std::string grouped(std::int64_t number);
/// 123456789 bytes -> "123 MB"
std::string bytes_text(std::size_t bytes);

}  // namespace snnsim
