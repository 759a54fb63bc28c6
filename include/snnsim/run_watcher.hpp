// What a program that runs models as calls puts in the place of the terminal and of signals.
#pragma once

#include <string>

namespace snnsim {

/// How far a run is.
struct RunProgress {
    double share = 0.0;  // of all of it, 0 to 1
    std::string text;    // what is under way, such as "epoch 2/4  loss 0.31  accuracy 91.20 %"
};

/// Called by the thread that called run(), simulate() and so on, between the parts of a run.
class RunWatcher {
  public:
    virtual ~RunWatcher() = default;
    /// Asked often; true ends the run early, with status `interrupted`.
    virtual bool stops() = 0;
    virtual void progress(const RunProgress& progress) = 0;
    /// Lines on the way, and those that tell what came of a run.
    virtual void say(const std::string& lines) = 0;
    virtual void result(const std::string& lines) = 0;
};

}  // namespace snnsim
