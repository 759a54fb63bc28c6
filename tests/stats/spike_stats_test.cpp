// The definitions of the spike statistics, on trains whose numbers can be worked out by hand.
#include "src/stats/spike_stats.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace snnsim {
namespace {

/// From the steps at which each cell fires.
SpikeTrains trains_of(const std::vector<std::vector<std::uint32_t>>& cells, std::uint32_t steps) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> spikes;
    for (std::uint32_t cell = 0; cell < cells.size(); ++cell)
        for (const std::uint32_t step : cells[cell]) spikes.emplace_back(step, cell);
    std::sort(spikes.begin(), spikes.end());
    SpikeTrains trains;
    trains.steps = steps;
    trains.cells = static_cast<std::uint32_t>(cells.size());
    for (const auto& [step, cell] : spikes) {
        trains.step.push_back(step);
        trains.cell.push_back(cell);
    }
    return trains;
}

TEST(SpikeStats, FewSpikesInMoreBinsThanMemory) {
    SpikeTrains trains{{0, 0, 1, 4000000000u}, {0, 1, 0, 1}, 4294967295u, 2};
    const double bins = 4294967295.0, mean = 4.0 / bins;
    EXPECT_NEAR(synchrony(trains, 1), (6.0 / bins - mean * mean) / mean, 1e-9);
    // Two spikes of each cell, one of them together.
    EXPECT_NEAR(mean_correlation(trains, 1).mean, 0.5, 1e-6);
}

TEST(SpikeStats, RatesCountSilentCells) {
    const MeanSd spikes = spikes_per_cell(trains_of({{1, 2, 3, 4}, {5, 6}, {}, {7, 8}}, 10));
    EXPECT_DOUBLE_EQ(spikes.mean, 2.0);
    EXPECT_DOUBLE_EQ(spikes.sd, std::sqrt(2.0));  // ((2)^2 + 0 + (-2)^2 + 0) / 4
}

TEST(SpikeStats, CutTakesTheStepsFromOneToBeforeTheOther) {
    const SpikeTrains part = cut(trains_of({{0, 4, 9}, {3, 5, 6}}, 10), 4, 6);
    EXPECT_EQ(part.step, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(part.cell, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(part.steps, 2u);
    EXPECT_EQ(part.cells, 2u);
}

TEST(SpikeStats, RegularTrainsHaveNoVariationOfIntervals) {
    const MeanOverCells cv = cv_of_intervals(trains_of({{1, 8, 15, 22, 29}}, 30));
    EXPECT_EQ(cv.mean, 0.0);
    EXPECT_EQ(cv.cells, 1u);
}

TEST(SpikeStats, VariationOfIntervalsIsSdOverMeanWithDivisorN) {
    // Intervals 1, 3, 1, 3: mean 2, sd 1. Intervals 2, 2, 2, 6: mean 3, sd sqrt(3).
    const MeanOverCells cv = cv_of_intervals(trains_of({{0, 1, 4, 5, 8}, {3, 5, 7, 9, 15}}, 20));
    EXPECT_EQ(cv.cells, 2u);
    EXPECT_NEAR(cv.mean, (0.5 + std::sqrt(3.0) / 3.0) / 2.0, 1e-15);
}

TEST(SpikeStats, CellsWithFewerThanFourIntervalsAreLeftOut) {
    const MeanOverCells cv = cv_of_intervals(trains_of({{0, 1, 4, 5, 8}, {0, 1, 9, 10}, {}}, 20));
    EXPECT_EQ(cv.cells, 1u);
    EXPECT_DOUBLE_EQ(cv.mean, 0.5);
    EXPECT_TRUE(std::isnan(cv_of_intervals(trains_of({{0, 1, 9, 10}}, 20)).mean));
}

TEST(SpikeStats, FanoIsVarianceOverMeanOfACellsCountsInWholeWindows) {
    // Windows of 4 steps: 0-3, 4-7; steps 8 and 9 are no whole window. Cell 0: 3 and 1, mean 2,
    // variance 1. Cell 1: 1 and 1, variance 0. Cell 2 fires only in the rest, cell 3 never.
    const MeanOverCells fano = fano_factor(trains_of({{0, 1, 2, 5, 8}, {3, 4}, {8, 9}, {}}, 10), 4);
    EXPECT_EQ(fano.cells, 2u);
    EXPECT_DOUBLE_EQ(fano.mean, (0.5 + 0.0) / 2.0);
}

TEST(SpikeStats, SynchronyIsVarianceOverMeanOfThePopulationsCounts) {
    // Bins of 3 steps: 0-2, 3-5, 6-8: counts 4, 0, 2; mean 2, variance 8/3. Step 9 is left out.
    EXPECT_DOUBLE_EQ(synchrony(trains_of({{0, 1, 6}, {1, 8, 9}, {2}}, 10), 3), 8.0 / 3.0 / 2.0);
}

TEST(SpikeStats, CellsThatAlwaysFireInTurnHaveNoSynchrony) {
    EXPECT_EQ(synchrony(trains_of({{0, 6}, {3, 9}}, 12), 3), 0.0);
}

TEST(SpikeStats, CorrelationOfTwoCellsIsPearsons) {
    // Counts 1 0 0 1 and 1 0 0 0: covariance 1/4 - 1/2 * 1/4 = 1/8, variances 1/4 and 3/16.
    const MeanOverCells r = mean_correlation(trains_of({{0, 7}, {1}}, 8), 2);
    EXPECT_EQ(r.cells, 2u);
    EXPECT_NEAR(r.mean, 0.125 / std::sqrt(0.25 * 0.1875), 1e-14);
}

TEST(SpikeStats, EqualCellsHaveCorrelationOneAndOppositeOnesMinusOne) {
    EXPECT_NEAR(mean_correlation(trains_of({{0, 5}, {1, 4}, {0, 4}}, 8), 2).mean, 1.0, 1e-14);
    EXPECT_NEAR(mean_correlation(trains_of({{0, 1}, {2, 3}}, 4), 2).mean, -1.0, 1e-14);
}

TEST(SpikeStats, CellsWhoseCountsDoNotVaryHaveNoCorrelation) {
    // Cell 1 never fires, cell 2 once in every bin: neither has a correlation with anybody.
    const MeanOverCells r = mean_correlation(trains_of({{0}, {}, {0, 2, 4}, {1}}, 6), 2);
    EXPECT_EQ(r.cells, 2u);
    EXPECT_NEAR(r.mean, 1.0, 1e-14);
    EXPECT_TRUE(std::isnan(mean_correlation(trains_of({{0}, {}}, 6), 2).mean));
}

TEST(SpikeStats, CorrelationTakesTheFirstCellsOnly) {
    // 200 cells fire in the first bin; another 50, in the second, would lower the mean.
    std::vector<std::vector<std::uint32_t>> cells(correlated_cells, {0});
    cells.insert(cells.end(), 50, {2});
    const MeanOverCells r = mean_correlation(trains_of(cells, 8), 2);
    EXPECT_EQ(r.cells, correlated_cells);
    EXPECT_NEAR(r.mean, 1.0, 1e-12);
}

TEST(SpikeStats, WithoutSpikesOrTimeNothingButTheRateIsDefined) {
    const SpikeTrains silent = trains_of({{}, {}}, 100), brief = trains_of({{0}, {1}}, 2);
    EXPECT_EQ(spikes_per_cell(silent).mean, 0.0);
    for (const SpikeTrains& trains : {silent, brief}) {
        EXPECT_TRUE(std::isnan(cv_of_intervals(trains).mean));
        EXPECT_TRUE(std::isnan(fano_factor(trains, 2).mean));
        EXPECT_TRUE(std::isnan(synchrony(trains, 2)));
        EXPECT_TRUE(std::isnan(mean_correlation(trains, 2).mean));
    }
    EXPECT_TRUE(std::isnan(spikes_per_cell({}).mean));
}

}  // namespace
}  // namespace snnsim
