// Ctrl-C and SIGTERM as a question that the training loop asks between blocks.
#pragma once

#include <csignal>

namespace snnsim {

/// While it lives, the first SIGINT or SIGTERM is only noted; a second one ends the program at
/// once.
class InterruptGuard {
  public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    static bool asked();

  private:
    struct sigaction old_int_, old_term_;
};

}  // namespace snnsim
