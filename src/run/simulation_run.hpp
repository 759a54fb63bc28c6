// A simulation under way, from a built engine to a whole run file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "snnsim/run.hpp"
#include "src/energy/energy_model.hpp"
#include "src/energy/meter.hpp"
#include "src/io/simulation_file.hpp"
#include "src/phases/protocol.hpp"
#include "src/plan/choose_backend.hpp"
#include "src/report/progress.hpp"
#include "src/run/checkpoint_clock.hpp"
#include "src/run/kept_parts.hpp"
#include "src/run/stopwatch.hpp"

namespace snnsim {

/// What is simulated, where it is written, and the point from which it goes on.
struct SimulationStart {
    SimulationSpec spec;  // as in the file
    std::string output;
    std::optional<SimulationCheckpoint> checkpoint;
    std::vector<std::string> warnings = {};  // beside those of the model
    std::vector<std::string> inputs = {};    // with which a run that goes on was begun
};

class SimulationRun {
  public:
    /// Refuses what has no room, builds the engine, and brings it to where it goes on. `start` and
    /// `options` live longer.
    SimulationRun(const SimulationStart& start, const RunOptions& options);

    /// Simulates until all is done or a stop is asked for, and makes the run file whole. Throws
    /// NumericalError of a network that cannot go on, once the file holds all up to there.
    RunStatus run();

  private:
    std::unique_ptr<SimulationFile> open_file();
    bool goes_on() const;
    std::int64_t steps_of_part() const;
    void advance();
    void keep_part();
    double seconds() const;  // of simulating, before a stop too
    SimulationCheckpoint checkpoint();
    SimulationSummary summary();

    const SimulationStart& start_;
    const RunOptions& options_;
    ProgressDisplay display_;
    const SimulationSpec spec_;  // as it is simulated
    const EnergyModel energy_;
    const int threads_;
    Provenance provenance_;
    Protocol protocol_;
    const DeviceChoice choice_;
    EnergyMeter meter_;
    const std::unique_ptr<Engine> engine_;
    KeptParts kept_;
    const std::unique_ptr<SimulationFile> file_;
    const std::int64_t first_, longest_part_;  // steps
    std::int64_t done_;                        // steps of which all is kept
    Timer timer_;
    CheckpointClock clock_;
    std::optional<NumericalError> trouble_;
};

}  // namespace snnsim
