// What comes of a simulation, part by part: spikes, recorded values, and what is counted of them.
#pragma once

#include <optional>
#include <vector>

#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "src/io/spike_digests.hpp"
#include "src/phases/protocol.hpp"
#include "src/stats/population_rates.hpp"
#include "src/stats/runaway.hpp"

namespace snnsim {

/// A stretch of time.
struct Kept {
    std::int64_t until = 0;  // steps done; what lies behind is dropped
    Spikes spikes;
    std::vector<StateSamples> values;       // of each record but spikes, in the order of the model
    std::optional<NumericalError> trouble;  // why nothing can come after it
};

class KeptParts {
  public:
    /// `spec` lives longer.
    explicit KeptParts(const SimulationSpec& spec)
        : spec_(spec), digests_(spec), rates_(spec), watch_(spec) {}

    /// What came together since the last call. `trouble`: what ended the stretch, if anything did.
    Kept take(Engine& engine, Protocol& protocol, const std::optional<NumericalError>& trouble);
    /// The values alone, where no step was done since.
    std::vector<StateSamples> values(Engine& engine);

    const SpikeDigests& digests() const { return digests_; }
    /// All but wall time and joules.
    SimulationCheckpoint checkpoint(const Engine& engine, const Protocol& protocol) const;
    void restore(const SimulationCheckpoint& from);

  private:
    std::vector<StateSamples> values(Engine& engine, std::vector<StateSamples> of_cells,
                                     std::vector<StateSamples> rates, std::int64_t step);

    const SimulationSpec& spec_;
    SpikeDigests digests_;
    PopulationRates rates_;
    RunawayWatch watch_;
};

}  // namespace snnsim
