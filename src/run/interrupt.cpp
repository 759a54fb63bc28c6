#include "src/run/interrupt.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace snnsim {
namespace {

volatile std::sig_atomic_t asked_to_stop = 0;
RunWatcher* asked_instead = nullptr;

extern "C" void note_signal(int) {
    asked_to_stop = 1;
    // From here on a second Ctrl-C ends the program at once. A terminal that goes sends SIGHUP, and
    // its shell sends another.
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGHUP, SIG_IGN);
}

}  // namespace

InterruptGuard::InterruptGuard(RunWatcher* watcher) {
    asked_to_stop = 0;
    asked_instead = watcher;
    if (watcher) return;
    struct sigaction note {};
    note.sa_handler = note_signal;
    sigemptyset(&note.sa_mask);
    note.sa_flags = SA_RESTART;
    sigaction(SIGINT, &note, &old_int_);
    sigaction(SIGTERM, &note, &old_term_);
    sigaction(SIGHUP, nullptr, &old_hup_);
    if (old_hup_.sa_handler != SIG_IGN) sigaction(SIGHUP, &note, nullptr);  // nohup asks for that
}

InterruptGuard::~InterruptGuard() {
    if (std::exchange(asked_instead, nullptr)) return;
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGTERM, &old_term_, nullptr);
    if (!asked_to_stop) sigaction(SIGHUP, &old_hup_, nullptr);
}

constexpr const char* watched = "SNNSIM_PARENT";

void watch_this_process(bool by_launcher) {
    // One that a launcher becomes (nice, taskset) is a child all the same.
    setenv(watched, ((by_launcher ? "?" : "") + std::to_string(getpid())).c_str(), 1);
}

void end_with_watched_process() {
    const char* parent = std::getenv(watched);
    if (!parent) return;
    const bool by_launcher = *parent == '?';
    const auto is_child = [&] {
        return std::to_string(getppid()) == parent + (by_launcher ? 1 : 0);
    };
    if (by_launcher && !is_child()) return;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (!is_child()) std::raise(SIGTERM);  // it is dead already
}

bool InterruptGuard::asked() {
    if (asked_instead && asked_instead->stops()) asked_to_stop = 1;
    return asked_to_stop != 0;
}

}  // namespace snnsim
