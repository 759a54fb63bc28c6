#include "src/stats/spike_stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// The sums that mean and variance follow from. Counts are added exactly.
struct Sums {
    double count = 0.0, sum = 0.0, squares = 0.0;

    double mean() const { return sum / count; }
    double variance() const {
        const double m = mean();
        return std::max(0.0, squares / count - m * m);
    }
};

Sums sums_of(const std::vector<std::uint32_t>& counts) {
    Sums s{static_cast<double>(counts.size())};
    for (const std::uint32_t c : counts) {
        s.sum += c;
        s.squares += static_cast<double>(c) * c;
    }
    return s;
}

MeanOverCells mean_of(double sum, std::size_t cells) {
    return {cells > 0 ? sum / static_cast<double>(cells) : undefined, cells};
}

/// Calls see(cell, bin, count) for every bin of a cell with spikes, a cell's bins in order. Spikes
/// after the last whole bin are left out.
template <class See>
void for_each_count(const SpikeTrains& trains, std::uint32_t bin_steps, std::uint32_t bins,
                    See&& see) {
    struct Open {
        std::uint32_t bin = 0, count = 0;
    };
    std::vector<Open> open(trains.cells);  // the bin that a cell's last spike fell into
    for (std::size_t k = 0; k < trains.step.size(); ++k) {
        const std::uint32_t bin = trains.step[k] / bin_steps, cell = trains.cell[k];
        if (bin >= bins) break;
        Open& o = open[cell];
        if (o.count > 0 && o.bin != bin) {
            see(cell, o.bin, o.count);
            o.count = 0;
        }
        o.bin = bin;
        ++o.count;
    }
    for (std::uint32_t cell = 0; cell < trains.cells; ++cell)
        if (open[cell].count > 0) see(cell, open[cell].bin, open[cell].count);
}

/// Sums of each cell's counts in bins.
std::vector<Sums> count_sums(const SpikeTrains& trains, std::uint32_t bin_steps,
                             std::uint32_t bins) {
    std::vector<Sums> sums(trains.cells, Sums{static_cast<double>(bins)});
    for_each_count(trains, bin_steps, bins,
                   [&](std::uint32_t cell, std::uint32_t, std::uint32_t count) {
                       sums[cell].sum += count;
                       sums[cell].squares += static_cast<double>(count) * count;
                   });
    return sums;
}

/// The bins with spikes, in order.
std::vector<std::uint32_t> filled_bins(const SpikeTrains& trains, std::uint32_t bin_steps,
                                       std::uint32_t bins) {
    std::vector<std::uint32_t> filled;
    for (const std::uint32_t step : trains.step) {
        const std::uint32_t bin = step / bin_steps;
        if (bin >= bins) break;
        if (filled.empty() || filled.back() != bin) filled.push_back(bin);
    }
    return filled;
}

}  // namespace

SpikeTrains cut(const SpikeTrains& all, std::uint32_t from, std::uint32_t to) {
    SNN_EXPECT(from <= to && to <= all.steps && all.step.size() == all.cell.size());
    const auto place = [&](std::uint32_t step) {
        return std::lower_bound(all.step.begin(), all.step.end(), step) - all.step.begin();
    };
    const auto first = place(from), last = place(to);
    SpikeTrains part{{all.step.begin() + first, all.step.begin() + last},
                     {all.cell.begin() + first, all.cell.begin() + last},
                     to - from,
                     all.cells};
    for (std::uint32_t& step : part.step) step -= from;
    return part;
}

MeanSd spikes_per_cell(const SpikeTrains& trains) {
    if (trains.cells == 0) return {undefined, undefined};
    std::vector<std::uint32_t> counts(trains.cells);
    for (const std::uint32_t cell : trains.cell) ++counts[cell];
    const Sums sums = sums_of(counts);
    return {sums.mean(), std::sqrt(sums.variance())};
}

MeanOverCells cv_of_intervals(const SpikeTrains& trains) {
    struct Train {
        std::uint32_t last = 0;
        bool fired = false;
        Sums intervals;
    };
    std::vector<Train> cells(trains.cells);
    for (std::size_t k = 0; k < trains.step.size(); ++k) {
        Train& t = cells[trains.cell[k]];
        const double interval = trains.step[k] - t.last;
        if (t.fired) {
            t.intervals.count += 1.0;
            t.intervals.sum += interval;
            t.intervals.squares += interval * interval;
        }
        t.last = trains.step[k];
        t.fired = true;
    }
    double sum = 0.0;
    std::size_t counted = 0;
    for (const Train& t : cells) {
        if (t.intervals.count < static_cast<double>(least_intervals)) continue;
        sum += std::sqrt(t.intervals.variance()) / t.intervals.mean();
        ++counted;
    }
    return mean_of(sum, counted);
}

MeanOverCells fano_factor(const SpikeTrains& trains, std::uint32_t window_steps) {
    const std::uint32_t windows = trains.steps / window_steps;
    if (windows < 2) return {undefined, 0};
    double sum = 0.0;
    std::size_t counted = 0;
    for (const Sums& counts : count_sums(trains, window_steps, windows)) {
        if (counts.sum == 0.0) continue;
        sum += counts.variance() / counts.mean();
        ++counted;
    }
    return mean_of(sum, counted);
}

double synchrony(const SpikeTrains& trains, std::uint32_t bin_steps) {
    const std::uint32_t bins = trains.steps / bin_steps;
    if (bins < 2) return undefined;
    Sums sums{static_cast<double>(bins)};
    for (std::size_t k = 0; k < trains.step.size();) {
        const std::uint32_t bin = trains.step[k] / bin_steps;
        if (bin >= bins) break;
        const std::size_t first = k;
        while (k < trains.step.size() && trains.step[k] / bin_steps == bin) ++k;
        const auto count = static_cast<double>(k - first);
        sums.sum += count;
        sums.squares += count * count;
    }
    return sums.sum > 0.0 ? sums.variance() / sums.mean() : undefined;
}

MeanOverCells mean_correlation(const SpikeTrains& trains, std::uint32_t bin_steps) {
    const std::uint32_t bins = trains.steps / bin_steps;
    if (bins < 2) return {undefined, 0};
    const std::vector<Sums> counts = count_sums(trains, bin_steps, bins);
    // With z_i the counts of cell i less their mean, at length 1, the correlation of i and j is
    // z_i . z_j, and the sum over all ordered pairs i != j is |sum of z_i|^2 - n: one vector will
    // do.
    std::vector<double> scale(trains.cells);  // 1 / length; 0: not taken
    double offset = 0.0;
    std::size_t taken = 0;
    for (std::uint32_t cell = 0; cell < trains.cells && taken < correlated_cells; ++cell) {
        const double variance = counts[cell].variance();
        if (variance <= 0.0) continue;
        scale[cell] = 1.0 / std::sqrt(variance * bins);
        offset += counts[cell].mean() * scale[cell];
        ++taken;
    }
    if (taken < 2) return {undefined, taken};
    // Of bins without spikes one stands for all: there may be many more of them than memory.
    const std::vector<std::uint32_t> filled = filled_bins(trains, bin_steps, bins);
    std::vector<double> z(filled.size(), -offset);
    for_each_count(trains, bin_steps, bins,
                   [&](std::uint32_t cell, std::uint32_t bin, std::uint32_t count) {
                       const auto at = std::lower_bound(filled.begin(), filled.end(), bin);
                       z[static_cast<std::size_t>(at - filled.begin())] += count * scale[cell];
                   });
    double square = static_cast<double>(bins - filled.size()) * offset * offset;
    for (const double value : z) square += value * value;
    const auto n = static_cast<double>(taken);
    return {(square - n) / (n * (n - 1.0)), taken};
}

}  // namespace snnsim
