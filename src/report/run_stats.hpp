// The statistics of a run file: what `snnsim stats` shows.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "src/io/read_spikes.hpp"
#include "src/stats/spike_stats.hpp"

namespace snnsim {

/// As on the command line, with units ("500 ms").
struct StatsOptions {
    std::string from = {};  // empty: the start
    std::string to = {};    // empty: the end
    std::string bin = {};   // of synchrony; empty: 3 ms
};

struct PopulationStats {
    std::string name;
    std::uint32_t size = 0;      // cells
    std::uint32_t recorded = 0;  // the first so many cells; the statistics are theirs. 0: none
    std::size_t spikes = 0;      // of the cells recorded, in the window
    std::uint32_t samples = 0;   // recorded, of a training
    MeanSd rate{};               // Hz, over cells
    MeanOverCells cv_isi{}, fano{}, correlation{};
    double synchrony = 0.0;
    std::optional<double> counted_rate;  // Hz: of all cells over the whole run
};

/// Times in ms. The bins are those used: the nearest number of steps, at least one.
struct RunStats {
    std::string path, model_name;
    std::uint64_t seed = 1;
    RunStatus status = RunStatus::finished;
    bool training = false;  // only rates: samples start anew
    double from = 0.0, to = 0.0;
    double sample = 0.0;  // of a training
    double synchrony_bin = 3.0, fano_window = 100.0, correlation_bin = 2.0;
    std::vector<PopulationStats> populations;
    std::vector<LearnedSummary> learned;  // of a training
};

/// One of the numbers of a population, not a number where it is not defined.
struct Statistic {
    const char* name;  // with its unit: a column of tables and a key of JSON
    double (*of)(const PopulationStats&);
};
extern const std::array<Statistic, 7> statistics;

/// Over several runs, of those in which the value is defined: mean and standard deviation of a
/// sample (divisor n - 1), not a number where there are too few.
struct Spread {
    double mean, sd;
    std::size_t runs;
};
Spread spread_of(const std::vector<double>& values);

/// Of the spikes with from < t <= to. Throws UsageError where the options do not fit the run,
/// FileError where the run has no populations.
RunStats run_stats(const RecordedSpikes& run, const StatsOptions& options);

}  // namespace snnsim
