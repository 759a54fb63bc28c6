// What a run shows while it goes on (on stderr): a bar on a terminal, plain lines elsewhere. What
// comes of it is for stdout.
#pragma once

#include "snnsim/run.hpp"
#include "src/files/room.hpp"
#include "src/text/words.hpp"
#include "src/training/loop.hpp"

namespace snnsim {

class ProgressDisplay {
  public:
    /// With a watcher all goes to that one.
    explicit ProgressDisplay(ProgressStyle style, RunWatcher* watcher = nullptr);
    ~ProgressDisplay();
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;

    /// Prints text that ends its own lines, below a bar that stands there.
    void say(const std::string& text);
    /// The same of results and warnings: on stdout, whatever the style.
    void result(const std::string& text);
    void show(const TrainingProgress& progress);
    /// A simulation has reached `time` of `duration`, both in ms, after `seconds`.
    void show_time(double time, double duration, double seconds);
    /// The same of a course that has no known length: `what` is under way.
    void show_share(const std::string& what, double share, double seconds);

  private:
    void end_bar();
    void show_line(const std::string& before, double share, const std::string& after);
    void show_plain(const TrainingProgress& p, double rate, double left);

    ProgressStyle style_;
    RunWatcher* const watcher_;
    bool bar_open_ = false;   // the cursor stands behind a bar
    double last_line_ = 0.0;  // when a plain line was last printed
};

/// A line of a bar that leaves the last column of the terminal free: "before [##..] after". Where
/// all does not fit, first the bar gets shorter, then the text ends.
std::string bar_line(const std::string& before, double share, const std::string& after,
                     std::size_t columns);

/// "1:23", "2:03:04"
std::string duration_text(double seconds);

}  // namespace snnsim
