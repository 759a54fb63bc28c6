// From a run file to its statistics: windows, bins, what is not recorded, and what is no such file.
#include "src/report/run_stats.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/report/stats_report.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

struct Recorded {
    std::vector<double> times;  // ms
    std::vector<std::uint64_t> ids;
    std::int64_t cells = 2;
};

class RunStatsTest : public ::testing::Test {
  protected:
    const fs::path folder =
        fs::temp_directory_path() / ("snnsim_run_stats_test_" + std::to_string(getpid()));
    const std::string path = (folder / "x.h5").string();
    void SetUp() override { fs::create_directories(folder); }
    void TearDown() override { fs::remove_all(folder); }

    /// 20 steps of 0.5 ms, the first cells of `some`, and `other`, whose spikes are not recorded.
    void write_simulation(const Recorded& some, std::int64_t steps = 20) {
        const h5::Handle file = h5::create_file(path);
        write_root(file, steps > 0 ? "finished" : "running");
        if (steps > 0) h5::write_number(file, "steps", steps);
        write_network(file, "some", 4);
        write_network(file, "other", 10);
        h5::write_number<std::uint64_t>(h5::open_group(file, "network/other"), "spikes", 5);
        write_spikes(file, "some", some);
        h5::write_number(h5::open_group(file, "spikes/some"), "cells_recorded", some.cells);
    }
    static void write_root(hid_t file, const char* status) {
        h5::write_text(file, "format", "snnsim run");
        h5::write_text(file, "model_name", "m");
        h5::write_text(file, "status", status);
        h5::write_number<std::uint64_t>(file, "seed", 7);
        h5::write_number(file, "dt", 0.5);
    }
    static void write_network(hid_t file, const std::string& name, std::int64_t size) {
        h5::write_number(h5::make_group(file, "network/" + name), "size", size);
    }
    static void write_spikes(hid_t file, const std::string& name, const Recorded& spikes) {
        const h5::Handle g = h5::make_group(file, "spikes/" + name);
        h5::write_vector(g, "timestamps", spikes.times, "ms");
        h5::write_vector(g, "node_ids", spikes.ids, "1");
    }
    RunStats stats(const StatsOptions& options = {}) const {
        return run_stats(read_spikes(path), options);
    }
    PopulationStats some(const StatsOptions& options = {}) const {
        return stats(options).populations.at(1);
    }
    std::string message(const StatsOptions& options = {}) const {
        try {
            stats(options);
        } catch (const Error& e) {
            return e.what();
        }
        return "no error";
    }
};

const Recorded three{{0.5, 5.0, 5.5, 10.0}, {0, 1, 0, 0}};

TEST_F(RunStatsTest, RatesAreOfTheCellsRecorded) {
    write_simulation(three);
    const PopulationStats s = some();
    EXPECT_EQ(s.size, 4u);
    EXPECT_EQ(s.recorded, 2u);
    EXPECT_EQ(s.spikes, 4u);
    EXPECT_DOUBLE_EQ(s.rate.mean, 200.0);  // 2 spikes a cell in 10 ms
    EXPECT_DOUBLE_EQ(s.rate.sd, 100.0);    // 3 and 1
    EXPECT_NE(stats_table(stats()).find("some: only 2 of 4 cells are recorded"), std::string::npos);
}

TEST_F(RunStatsTest, ASpikeAtTheStartOfTheWindowIsOutAndOneAtItsEndIsIn) {
    write_simulation(three);
    EXPECT_EQ(some({.from = "0.5 ms"}).spikes, 3u);
    EXPECT_EQ(some({.from = "5 ms"}).spikes, 2u);
    EXPECT_EQ(some({.to = "5 ms"}).spikes, 2u);
    EXPECT_EQ(some({.from = "5 ms", .to = "9.5 ms"}).spikes, 1u);
    EXPECT_DOUBLE_EQ(some({.from = "5 ms", .to = "0.007 s"}).rate.mean, 250.0);  // 1 in 2 ms
}

TEST_F(RunStatsTest, BinsStartWithTheWindow) {
    // Spikes at 5.0 and 5.5 ms: one bin of 1 ms when it starts at 4.5 ms, two from 4 ms on.
    write_simulation({{5.0, 5.5}, {0, 1}});
    EXPECT_DOUBLE_EQ(some({.from = "4.5 ms", .to = "6.5 ms", .bin = "1 ms"}).synchrony, 1.0);
    EXPECT_DOUBLE_EQ(some({.from = "4 ms", .to = "6 ms", .bin = "1 ms"}).synchrony, 0.0);
}

TEST_F(RunStatsTest, APopulationThatIsNotRecordedIsSaid) {
    write_simulation(three);
    const PopulationStats other = stats().populations.at(0);
    EXPECT_EQ(other.recorded, 0u);
    EXPECT_TRUE(std::isnan(other.rate.mean));
    EXPECT_DOUBLE_EQ(other.counted_rate.value(), 50.0);  // 5 spikes of 10 cells in 10 ms
    EXPECT_NE(stats_table(stats()).find("other: spikes not recorded; 50.000 Hz counted"),
              std::string::npos);
    EXPECT_NE(stats_json(stats()).find("\"rate_hz\": null"), std::string::npos);
}

TEST_F(RunStatsTest, ARunUnderWayEndsWithItsLastSpike) {
    write_simulation({{0.5, 4.0}, {0, 1}}, 0);
    write_spikes(h5::open_to_change(path), "other", {{1.0}, {3}});
    EXPECT_DOUBLE_EQ(stats().to, 4.0);
    EXPECT_DOUBLE_EQ(stats().populations.at(0).rate.mean, 25.0);  // 1 spike of 10 cells in 4 ms
    EXPECT_NE(stats_table(stats()).find("status: running"), std::string::npos);
}

TEST_F(RunStatsTest, ARunThatGoesOnIsNotHeldToTheStepsOfItsLastEnd) {
    write_simulation({{0.5, 12.0}, {0, 1}}, 0);
    h5::write_number<std::int64_t>(h5::open_to_change(path), "steps", 20);
    EXPECT_DOUBLE_EQ(stats().to, 12.0);
}

TEST_F(RunStatsTest, OptionsThatDoNotFitAreUsageErrors) {
    write_simulation(three);
    EXPECT_THROW(stats({.from = "3"}), UsageError);
    EXPECT_NE(message({.from = "3"}).find("--from needs a unit: write '3 ms'"), std::string::npos);
    EXPECT_NE(message({.to = "10.5 ms"}).find("x.h5 ends at 10 ms"), std::string::npos);
    EXPECT_NE(message({.from = "5 ms", .to = "5 ms"}).find("has 0 to 10 ms"), std::string::npos);
    EXPECT_NE(message({.bin = "0.7 ms"}).find("steps of 0.5 ms"), std::string::npos);
    EXPECT_NE(message({.bin = "0 ms"}).find("at least one step"), std::string::npos);
    EXPECT_NE(message({.from = "-1 ms"}).find("--from -1 ms"), std::string::npos);
}

TEST_F(RunStatsTest, DamagedSpikesAreNamed) {
    write_simulation({{1.0}, {2}});  // cells 0 and 1 are recorded
    EXPECT_NE(message().find("spike 0 of 'spikes/some' (cell 2 at 1 ms)"), std::string::npos)
        << message();
    write_simulation({{2.0, 1.0}, {0, 0}});
    EXPECT_NE(message().find("spike 1 of 'spikes/some'"), std::string::npos) << message();
    write_simulation({{1.0, 2.0}, {0}});
    EXPECT_NE(message().find("differ in length"), std::string::npos) << message();
    write_simulation({{11.0}, {0}});
    EXPECT_NE(message().find("does not end with the run (20 steps)"), std::string::npos)
        << message();
}

TEST_F(RunStatsTest, ATrainingHasRatesOverItsRecordedSamples) {
    {
        const h5::Handle file = h5::create_file(path);
        write_root(file, "finished");
        h5::write_number<std::int64_t>(file, "steps_per_sample", 4);
        write_network(file, "hidden", 2);
        write_spikes(file, "hidden", {{0.5, 3.0, 3.0}, {0, 0, 1}});
        h5::write_number<std::uint64_t>(h5::open_group(file, "spikes/hidden"), "trials", 5);
    }
    const RunStats s = stats();
    EXPECT_TRUE(s.training);
    EXPECT_EQ(s.populations.at(0).samples, 5u);
    EXPECT_DOUBLE_EQ(s.populations.at(0).rate.mean, 150.0);  // 1.5 spikes in 5 samples of 2 ms
    EXPECT_TRUE(std::isnan(s.populations.at(0).synchrony));
    EXPECT_NE(stats_table(s).find("hidden: 5 samples"), std::string::npos);
    EXPECT_NE(message({.from = "1 ms"}).find("is the run of a training"), std::string::npos);
}

TEST_F(RunStatsTest, OtherFilesAreErrorsThatNameThem) {
    EXPECT_NE(message().find("cannot open " + path + ": there is no such file"), std::string::npos);
    { h5::create_file(path); }
    EXPECT_NE(message().find("not a run file of snnsim"), std::string::npos);
    { write_root(h5::create_file(path), "finished"); }
    EXPECT_NE(message().find("holds no populations"), std::string::npos);
}

TEST_F(RunStatsTest, JsonEscapesNames) {
    RunStats s;
    s.path = "a\"b\\c\n";
    EXPECT_NE(stats_json(s).find(R"("run": "a\"b\\c\u000a")"), std::string::npos);
}

}  // namespace
}  // namespace snnsim
