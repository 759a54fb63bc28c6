// Ctrl-C, SIGTERM and SIGHUP as a question that a run asks between its parts.
#pragma once

#include <csignal>

namespace snnsim {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP is only noted; a second SIGINT or SIGTERM
/// ends the program at once.
class InterruptGuard {
  public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    static bool asked();

  private:
    struct sigaction old_int_, old_term_, old_hup_;
};

}  // namespace snnsim
