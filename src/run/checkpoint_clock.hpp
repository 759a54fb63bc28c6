// When a run saves where it stands.
#pragma once

#include <algorithm>

namespace snnsim {

/// Seconds after which a run has its first checkpoint at the latest, however seldom the others
/// come.
inline constexpr double first_checkpoint = 5.0;

/// Counts the seconds of a run.
class CheckpointClock {
  public:
    explicit CheckpointClock(double every)
        : every_(every), next_(std::min(every, first_checkpoint)) {}
    bool due(double now) const { return now >= next_; }
    void saved(double now) { next_ = now + every_; }

  private:
    double every_, next_;
};

}  // namespace snnsim
