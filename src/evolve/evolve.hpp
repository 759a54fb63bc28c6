// Evolves circuits for a task, generation by generation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "snnsim/device.hpp"
#include "snnsim/run.hpp"
#include "src/evolve/genome.hpp"
#include "src/evolve/run_circuits.hpp"

namespace snnsim {

struct EvolveOptions {
    std::string output;  // folder; empty: runs/<name>
    int threads = 0;     // 0: all cores
    Device backend = Device::automatic;
    int cuda_device = -1;
    bool force = false;  // overwrite what another one wrote
    ProgressStyle progress = ProgressStyle::automatic;
};

struct GenerationRow {
    double best = 0.0, mean = 0.0;     // fitness
    double score = 0.0, spikes = 0.0;  // of the fittest
    std::size_t species = 0, cells = 0, edges = 0;
    std::optional<double> test;  // its score on fresh trials, where it was a candidate
};

struct EvolveResult {
    EvolveFile file;
    std::string folder, backend;
    CircuitEnds ends;
    std::vector<GenerationRow> generations;
    Genome winner;
    std::size_t winner_generation = 0;  // from 0
    TaskScore winner_score;             // on trials that chose nothing
    bool reached = false;               // the goal
    TrialSet shown;                     // a trial,
    RecordedTrial recorded;             // and what the winner did in it
};

/// What the circuits of a generation did is written down in `<folder>/generations.txt`: the same
/// command after an interruption goes the same way without running them again. Throws ModelError,
/// UsageError, InterruptedError after Ctrl-C.
EvolveResult run_evolution(const std::string& path, const EvolveOptions& options);

}  // namespace snnsim
