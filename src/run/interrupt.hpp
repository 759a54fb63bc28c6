// Ctrl-C, SIGTERM and SIGHUP as a question that a run asks between its parts.
#pragma once

#include <csignal>

#include "snnsim/run_watcher.hpp"

namespace snnsim {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP is only noted; a second SIGINT or SIGTERM
/// ends the program at once. With a watcher, that one is asked and signals are left alone. One at a
/// time.
class InterruptGuard {
  public:
    explicit InterruptGuard(RunWatcher* watcher = nullptr);
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    static bool asked();

  private:
    struct sigaction old_int_, old_term_, old_hup_;
};

/// A process that starts others calls the first before, those call the second when they begin: they
/// then get a SIGTERM when it dies, however it does. Not those that a launcher starts, which are
/// nobody's children that it would know of.
void watch_this_process(bool by_launcher);
void end_with_watched_process();

}  // namespace snnsim
