// Statistics of the spikes of a population, as pure functions. Every variance and every standard
// deviation has the divisor n. A result that is not defined (no spikes, too short a time) is not a
// number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "snnsim/spike_trains.hpp"

namespace snnsim {

/// The spikes of the steps `from` ... `to` - 1, with `from` counted as 0.
SpikeTrains cut(const SpikeTrains& all, std::uint32_t from, std::uint32_t to);

struct MeanSd {
    double mean, sd;
};
/// Spikes of a cell: mean and standard deviation over all cells, silent ones included.
MeanSd spikes_per_cell(const SpikeTrains& trains);

/// A mean over the cells for which the quantity is defined, and how many they are.
struct MeanOverCells {
    double mean;
    std::size_t cells;
};

inline constexpr std::size_t least_intervals = 4;
/// Coefficient of variation of the inter-spike intervals, sd / mean of a cell's intervals, averaged
/// over the cells with at least `least_intervals` of them (Softky & Koch 1993, J. Neurosci.
/// 13:334). 0: regular; 1: as irregular as a Poisson process.
MeanOverCells cv_of_intervals(const SpikeTrains& trains);

/// Fano factor: variance over mean of a cell's spike count in windows that follow each other
/// (whole ones, from the start), averaged over the cells that fire in them. 1 for a Poisson
/// process.
MeanOverCells fano_factor(const SpikeTrains& trains, std::uint32_t window_steps);

/// Variance over mean of the population's spike count in bins that follow each other (whole ones,
/// from the start). 1 for independent Poisson processes; larger where cells fire together.
double synchrony(const SpikeTrains& trains, std::uint32_t bin_steps);

inline constexpr std::size_t correlated_cells = 200;
/// Pearson's correlation of the spike counts of two cells in bins, averaged over all pairs of the
/// first `correlated_cells` cells whose counts vary (as van Albada et al. 2018, Front. Neurosci.
/// 12:291, with 200 cells and bins of 2 ms).
MeanOverCells mean_correlation(const SpikeTrains& trains, std::uint32_t bin_steps);

}  // namespace snnsim
