// What a summary warns of: networks in which nothing happens, and rules that ran into a bound.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "snnsim/engine.hpp"

namespace snnsim {

/// A line for each population without a spike in `ms` of time, but for sources whose rate is 0.
/// `spikes`: by population, in that
/// time; `when`: "the whole run".
std::vector<std::string> silent_populations(const SimulationSpec& spec,
                                            const std::vector<std::uint64_t>& spikes, double ms,
                                            const std::string& when);

/// Counts weights at w_min and w_max.
class WeightsAtBounds {
  public:
    /// `spec` lives longer.
    explicit WeightsAtBounds(const SimulationSpec& spec) : spec_(spec) {}
    void add(const ProjectionWeights& part);
    /// A line for each projection of which 99 % lie there.
    std::vector<std::string> lines() const;

  private:
    struct Count {
        std::size_t low = 0, high = 0, all = 0;
    };
    const SimulationSpec& spec_;
    std::map<std::size_t, Count> counts_;  // by projection
};

}  // namespace snnsim
