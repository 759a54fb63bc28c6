// Calls of this program as processes of their own, some at a time: on this machine, or on those of
// all ranks.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace snnsim {

struct JobOptions {
    int jobs = 1;                       // at a time, on each rank
    int threads = 0;                    // of each; 0: its share of the cores
    std::vector<std::string> launcher;  // words in front of the program
};

struct Job {
    std::size_t number = 0;          // by which its caller knows it
    std::vector<std::string> words;  // behind the program
    std::string log;                 // a file of what it says
};

struct EndedJob {
    std::size_t number = 0;
    int status = 0;  // what it ended with, or
    int signal = 0;  // the signal that ended it
};

class Jobs {
  public:
    /// Those that still run are interrupted, and waited for.
    virtual ~Jobs() = default;
    virtual bool idle() const = 0;
    virtual bool has_room() const = 0;
    virtual void start(const Job& job) = 0;
    /// Tells all what Ctrl-C tells them; once.
    virtual void interrupt() = 0;
    /// One that has ended, within a moment.
    virtual std::optional<EndedJob> wait() = 0;
};

/// Where mpirun started several processes, jobs go to whichever has room. Throws UsageError of a
/// launcher there.
std::unique_ptr<Jobs> make_jobs(const JobOptions& options);

/// The words of --launcher. Throws UsageError where there is no such program.
std::vector<std::string> read_launcher(const std::string& text);

}  // namespace snnsim
