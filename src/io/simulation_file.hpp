// The run file of a simulation, written by a thread of its own while the simulation goes on.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "snnsim/engine.hpp"
#include "snnsim/run_record.hpp"

namespace snnsim {

/// What is known at the end.
struct SimulationSummary {
    RunStatus status = RunStatus::finished;
    std::int64_t steps = 0;             // done
    std::vector<std::uint64_t> spikes;  // by population, recorded or not
    std::vector<std::string> digests;   // by population, of all its spikes
    std::string digest;
    std::map<std::string, double> seconds;  // by phase
};

/// Grows as `<name>.partial.h5`, readable at any moment and after a crash, and takes its final name
/// when finished.
class SimulationFile {
  public:
    /// Throws FileError.
    SimulationFile(std::string path, const SimulationSpec& spec, const Provenance& provenance,
                   const EngineReport& report);
    ~SimulationFile();
    SimulationFile(const SimulationFile&) = delete;
    SimulationFile& operator=(const SimulationFile&) = delete;

    /// Hands over a stretch of time; waits while too much is not yet written. Throws FileError when
    /// writing has failed.
    void append(Spikes spikes, std::vector<StateSamples> states);
    /// Writes the rest and gives the file its name.
    void finish(const Provenance& provenance, const SimulationSummary& summary);

  private:
    struct Part {
        Spikes spikes;
        std::vector<StateSamples> states;
    };
    void create(const Provenance& provenance, const EngineReport& report);
    void work();
    void write(const Part& part) const;
    void stop();

    const std::string path_, partial_;
    const SimulationSpec spec_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Part> waiting_;
    bool stopping_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace snnsim
