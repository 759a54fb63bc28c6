// Rates of whole populations, counted while a simulation goes on.
#pragma once

#include <vector>

#include "snnsim/engine.hpp"

namespace snnsim {

/// The records of a model with `what: rate`. The rate of an interval is that of the spikes with
/// from < t <= to: their number per cell and time, in Hz.
class PopulationRates {
  public:
    explicit PopulationRates(const SimulationSpec& spec);

    /// `spikes` are those of the steps after the last call up to `now`. Returns the intervals that
    /// have ended since, for each record of a rate in the order of the model file.
    std::vector<StateSamples> add(const Spikes& spikes, std::int64_t now);

    /// Spikes of the intervals under way, by record: what a checkpoint needs.
    std::vector<std::uint64_t> counts() const;
    /// Goes on from there.
    void restore(const std::vector<std::uint64_t>& counts, std::int64_t now);

  private:
    struct Record {
        std::uint32_t population = 0;
        CellSet cells;
        std::int64_t interval = 1;  // steps
        double hertz = 0.0;         // of one spike
        std::uint64_t count = 0;
    };
    static void end_intervals(Record& record, std::int64_t from, std::int64_t to,
                              StateSamples& out);

    std::vector<Record> records_;
    std::int64_t now_ = 0;
};

}  // namespace snnsim
