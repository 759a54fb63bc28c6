// Rates of populations: which spikes an interval has, and the same however the time is divided.
#include "src/stats/population_rates.hpp"

#include <gtest/gtest.h>

#include "snnsim/read_model.hpp"

namespace snnsim {
namespace {

using Times = std::vector<std::uint32_t>;

SimulationSpec recorded(const std::string& record) {
    return parse_simulation(
        "name: test\ndt: 0.5 ms\nsimulate: {duration: 100 ms}\npopulations:\n"
        "  a: {model: iaf_psc_exp, size: 4}\n  b: {model: iaf_psc_exp, size: 2}\nrecord:\n" +
            record,
        "test.yaml");
}

TEST(PopulationRates, AnIntervalHasTheSpikesUpToItsEnd) {
    PopulationRates rates(recorded(
        "  - {population: b, what: rate, interval: 2 ms}\n  - {population: a, what: spikes}\n"
        "  - {population: a, what: rate, cells: 2, interval: 1 ms}\n"));
    // b fires at steps 4 and 5; of a, cell 3 is not counted.
    const std::vector<StateSamples> got =
        rates.add({.step = {1, 4, 4, 5}, .population = {0, 0, 1, 1}, .cell = {1, 3, 0, 1}}, 10);
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].step, (Times{4, 8}));
    EXPECT_EQ(got[0].values, (std::vector<float>{250.0f, 250.0f}));  // 1 / (2 cells 2 ms)
    EXPECT_EQ(got[1].step, (Times{2, 4, 6, 8, 10}));
    EXPECT_EQ(got[1].values, (std::vector<float>{500.0f, 0.0f, 0.0f, 0.0f, 0.0f}));
}

TEST(PopulationRates, TheSameInPartsAndAfterACheckpoint) {
    const SimulationSpec spec = recorded("  - {population: a, what: rate, interval: 3.5 ms}\n");
    Spikes all;
    for (std::uint32_t step = 1; step <= 60; ++step) {
        for (std::uint32_t cell = 0; cell < step * 7 % 5; ++cell) {
            all.step.push_back(step);
            all.population.push_back(0);
            all.cell.push_back(cell % 4);
        }
    }
    PopulationRates whole(spec);
    const StateSamples wanted = whole.add(all, 60)[0];
    EXPECT_EQ(wanted.step.size(), 8u);
    StateSamples got;
    std::vector<std::uint64_t> counts{0};
    std::uint32_t before = 0;
    for (const std::uint32_t now : {1u, 6u, 7u, 20u, 20u, 60u}) {
        Spikes part;
        for (std::size_t k = 0; k < all.size(); ++k) {
            if (all.step[k] <= before || all.step[k] > now) continue;
            part.step.push_back(all.step[k]);
            part.population.push_back(0);
            part.cell.push_back(all.cell[k]);
        }
        PopulationRates next(spec);
        next.restore(counts, before);
        const StateSamples piece = next.add(part, now)[0];
        got.step.insert(got.step.end(), piece.step.begin(), piece.step.end());
        got.values.insert(got.values.end(), piece.values.begin(), piece.values.end());
        counts = next.counts();
        before = now;
    }
    EXPECT_EQ(got.step, wanted.step);
    EXPECT_EQ(got.values, wanted.values);
    EXPECT_EQ(counts, whole.counts());
}

}  // namespace
}  // namespace snnsim
