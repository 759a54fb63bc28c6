// What a simulation needs to go on, in a small file beside its run file.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "snnsim/edge_list.hpp"
#include "snnsim/engine.hpp"
#include "snnsim/measured_energy.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/phases/protocol_state.hpp"

namespace snnsim {

/// What a caller has changed of the network of a simulation that it holds.
struct NetworkChanges {
    std::map<std::size_t, std::shared_ptr<const EdgeList>> synapses;  // by projection
};

struct SimulationCheckpoint {
    EngineState engine;
    ProtocolState protocol;
    std::vector<std::vector<std::uint8_t>> digests;  // by population: see SpikeDigest::save
    std::vector<std::uint64_t> rate_counts;          // see PopulationRates::counts
    std::vector<std::uint64_t> watch_counts;         // see RunawayWatch::counts
    double seconds = 0.0;                            // of wall time up to there
    MeasuredEnergy measured;                         // up to there
    NetworkChanges changes;
    std::vector<std::string> identity;  // of a model that is in no file beside it, line by line
};

/// `runs/x.h5` -> `runs/x.checkpoint.h5`
std::string checkpoint_path(const std::string& run);

/// Replaces the file as a whole. Throws FileError.
void write_checkpoint(const std::string& path, const SimulationCheckpoint& checkpoint);
SimulationCheckpoint read_checkpoint(const std::string& path);
/// Throws FileError where the checkpoint at `path` is of other populations or cells than the model
/// has.
void require_fits(const SimulationCheckpoint& checkpoint, const SimulationSpec& spec,
                  const std::string& path);

}  // namespace snnsim
