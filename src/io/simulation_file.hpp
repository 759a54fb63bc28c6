// The run file of a simulation, written by a thread of its own while the simulation goes on.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "snnsim/engine.hpp"
#include "snnsim/run_record.hpp"
#include "src/io/checkpoint_file.hpp"
#include "src/phases/protocol_state.hpp"

namespace snnsim {

/// What is known at the end.
struct SimulationSummary {
    RunStatus status = RunStatus::finished;
    std::int64_t steps = 0;             // done
    std::vector<std::uint64_t> spikes;  // by population, recorded or not
    std::vector<std::string> digests;   // by population, of all its spikes
    std::string digest;
    std::map<std::string, double> seconds;  // by phase
    std::uint64_t events = 0;  // delivered by synapses; counted where phases are measured
    std::string error;         // of a run that failed
    MeasuredEnergy measured;
    std::optional<PhaseCounts> counts;  // of operations; none where they began too late
    std::map<std::size_t, StructureCounts> structure;  // by projection, of those with plasticity
    std::vector<std::string> warnings;
    // Of a model with phases:
    std::optional<ProtocolState> phases;
    std::vector<std::vector<float>> final_states;  // by population: [variable][cell]
};

/// Grows as `<name>.partial.h5`, readable at any moment and after a crash, and takes its final name
/// when finished. Checkpoints lie beside it (see checkpoint_path), each written after all that came
/// before it.
class SimulationFile {
  public:
    /// A new file. Throws FileError, as all members do.
    SimulationFile(std::string path, const SimulationSpec& spec, const Provenance& provenance,
                   const EngineReport& report);
    /// Goes on with an interrupted or crashed run, from `steps` on; what it has beyond is dropped.
    SimulationFile(std::string path, const SimulationSpec& spec, std::int64_t steps);
    ~SimulationFile();
    SimulationFile(const SimulationFile&) = delete;
    SimulationFile& operator=(const SimulationFile&) = delete;

    /// Hands over the stretch of time up to step `until`, `values` of each record but spikes, in
    /// the order of the model; waits while too much is not yet written.
    void append(std::int64_t until, Spikes spikes, std::vector<StateSamples> values,
                std::optional<SimulationCheckpoint> checkpoint);
    /// Until all that was handed over is written; what cannot be, finish() tells.
    void wait();
    /// Writes the rest and gives the file its name; the checkpoint of a finished or failed run
    /// goes.
    void finish(const Provenance& provenance, const SimulationSummary& summary,
                const Engine& engine);

  private:
    struct Part {
        std::int64_t until;
        Spikes spikes;
        std::vector<StateSamples> values;
        std::optional<SimulationCheckpoint> checkpoint;
    };
    void create(const std::string& path, const Provenance& provenance,
                const EngineReport& report) const;
    void work();
    void write(const Part& part) const;
    void stop();
    void complete(const Provenance& provenance, const SimulationSummary& summary,
                  const Engine& engine) const;
    std::string advice() const;

    const std::string path_, partial_;
    const SimulationSpec spec_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Part> waiting_;
    bool stopping_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

/// What a run file says about the run it holds.
struct SimulationOrigin {
    bool simulation = false;  // false: a training
    RunStatus status = RunStatus::running;
    std::string error;  // of a run that failed
    std::string model_path, model_text;
    std::vector<std::string> overrides, inputs;
};
/// Of the file, or of its unfinished form where that is all there is; makes that whole. Throws
/// FileError.
SimulationOrigin simulation_origin(const std::string& path);

}  // namespace snnsim
