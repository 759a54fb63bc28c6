// Activity that has run away: a network whose cells fire as fast as they can.
#pragma once

#include <optional>
#include <vector>

#include "snnsim/error.hpp"
#include "src/stats/population_rates.hpp"

namespace snnsim {

/// Watches every population that excites or inhibits itself, be it through others. A stretch of
/// 100 ms, or of 50 shortest intervals where that is more, in which its spikes are 98 % of all that
/// its cells could send (one in t_ref + dt; without t_ref one a step) has run away. Sources have no
/// input and are not watched; neither are populations whose t_ref differs from cell to cell.
class RunawayWatch {
  public:
    explicit RunawayWatch(const SimulationSpec& spec);

    /// As PopulationRates::add; the first stretch that has run away, with its end as `step`.
    std::optional<NumericalError> add(const Spikes& spikes, std::int64_t now);

    std::vector<std::uint64_t> counts() const { return rates_.counts(); }
    void restore(const std::vector<std::uint64_t>& counts, std::int64_t now) {
        rates_.restore(counts, now);
    }

  private:
    struct Watched {
        std::string population;
        double stretch;  // ms
        double limit;    // Hz
    };
    RunawayWatch(const SimulationSpec& spec, std::vector<Watched> watched);
    static std::vector<Watched> watched_of(const SimulationSpec& spec);

    double dt_;
    std::vector<Watched> watched_;
    PopulationRates rates_;
};

}  // namespace snnsim
