// Files that spike_source populations play.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/data/idx.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/read_played_spikes.hpp"
#include "src/io/simulation_file.hpp"

namespace snnsim {
namespace {

class PlayedFiles : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() /
                  (std::string("snnsim_") +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string text(const std::string& content, const std::string& name = "a.csv") const {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }
    std::string sonata(const std::vector<double>& times, const std::vector<std::uint64_t>& ids,
                       const char* unit = "ms", const char* population = "p") const {
        const h5::Handle file = h5::create_file(path("a.h5"));
        const std::string at = std::string("spikes/") + population;
        h5::write_vector(file, at + "/timestamps", times, unit);
        h5::write_vector(file, at + "/node_ids", ids, "1");
        return path("a.h5");
    }
    /// (step, cell) of what 5 cells play in 1000 steps of 0.1 ms.
    static std::vector<std::pair<int, int>> played(const std::string& path) {
        std::vector<std::pair<int, int>> out;
        for (const std::uint64_t key : read_played_spikes(path, "p", 5, 1000, 0.1).keys)
            out.emplace_back(key >> 32, key & 0xFFFFFFFFu);
        return out;
    }
    static std::string error(const std::string& path) {
        try {
            played(path);
        } catch (const FileError& e) {
            return e.what();
        }
        return "no error";
    }
    static void expect_error(const std::string& path, const std::string& part) {
        EXPECT_NE(error(path).find(part), std::string::npos) << error(path);
    }

    std::filesystem::path folder_;
};

using Pairs = std::vector<std::pair<int, int>>;

TEST_F(PlayedFiles, TextIsSnappedToTheGridAndSorted) {
    const Pairs wanted{{1, 0}, {10, 3}, {10, 4}, {13, 2}, {1000, 1}};
    EXPECT_EQ(played(text("1.26, 2\n0.1 0\n# so\n\n1.04;4\n0.96\t3\r\n100,1\n100.1,1\n")), wanted);
    EXPECT_EQ(played(text("time,cell\n0.06,0\n", "b.dat")), (Pairs{{1, 0}}));
    EXPECT_EQ(played(text("", "c.txt")), Pairs{});
    EXPECT_EQ(read_played_spikes(path("a.csv"), "", 5, 1000, 0.1).later, 1u);
}

TEST_F(PlayedFiles, SonataInBothUnitsAndTheFirstLayout) {
    EXPECT_EQ(played(sonata({5.0, 1.0}, {1, 4})), (Pairs{{10, 4}, {50, 1}}));
    EXPECT_EQ(played(sonata({0.005}, {1}, "s")), (Pairs{{50, 1}}));
    EXPECT_EQ(played(sonata({}, {})), Pairs{});
    {
        const h5::Handle file = h5::create_file(path("b.h5"));
        h5::write_vector(file, "spikes/timestamps", std::vector<double>{7.0}, "ms");
        h5::write_vector(file, "spikes/gids", std::vector<std::uint64_t>{2}, "1");
        const h5::Handle set(H5Dopen2(file, "spikes/timestamps", H5P_DEFAULT), H5Dclose, "times");
        h5::remove_attribute(set, "units");
    }
    EXPECT_EQ(played(path("b.h5")), (Pairs{{70, 2}}));
}

TEST_F(PlayedFiles, ManySpikesAreReadInPieces) {
    const std::size_t count = (1 << 20) + 5;
    std::vector<double> times(count);
    std::vector<std::uint64_t> ids(count, 2);
    for (std::size_t k = 0; k < count; ++k) times[k] = static_cast<double>(k + 1) * 0.1;
    const PlayedSpikes spikes = read_played_spikes(sonata(times, ids), "p", 5, 1 << 24, 0.1);
    ASSERT_EQ(spikes.keys.size(), count);
    for (std::size_t k = 0; k < count; ++k) ASSERT_EQ(spikes.keys[k], (k + 1) << 32 | 2u);
}

TEST_F(PlayedFiles, WhatIsWrongIsSaidWithItsPlace) {
    const auto line = [&](const std::string& content) { return text("1, 0\n" + content + "\n"); };
    expect_error(line("2, 5"), "a.csv: line 2: there is no cell 5: the population has 5");
    expect_error(line("nan, 1"), "line 2: the time nan is no number");
    expect_error(line("inf, 1"), "line 2: the time inf is no number");
    expect_error(line("-2, 1"), "line 2: the time -2 ms is negative");
    expect_error(line("0.04, 1"), "line 2: the time 0.04 ms lies before the end of the first step");
    expect_error(line("1, -1"), "line 2: a line has a time in ms and the number of a cell");
    expect_error(line("1"), "found '1'");
    expect_error(line("time,cell"), "line 2: a line has");
    expect_error(line("1.04, 0"), "cell 0 has two spikes in the step that ends at 1 ms");
    expect_error(path("none.csv"), "none.csv: cannot open");
    expect_error(sonata({1.0, -1.0}, {0, 0}), "a.h5: 'spikes/p'[1]: the time -1 ms is negative");
    expect_error(sonata({1.0}, {5}), "'spikes/p'[0]: there is no cell 5");
    expect_error(sonata({std::nan("")}, {0}), "is no number");
    expect_error(sonata({1.0}, {0, 0}), "differ in length");
    expect_error(sonata({1.0}, {0}, "us"),
                 "'spikes/p/timestamps' is in 'us'; times are in ms or s");
    expect_error(sonata({1.0}, {0}, "ms", "q"), "there is no population 'p' (it has: q)");
    expect_error(text("no file", "d.h5"), "d.h5");
}

TEST_F(PlayedFiles, TheModelNamesTheFileBesideIt) {
    const std::string file = text("3.0, 1\n");
    const std::string model =
        "name: m\ndt: 0.1 ms\nsimulate: {duration: 10 ms}\npopulations:\n"
        "  p: {model: spike_source, size: 5, file: a.csv}\n";
    const SimulationSpec spec = with_played_spikes(parse_simulation(model, path("m.yaml")));
    EXPECT_EQ(spec.populations[0].played->keys, (std::vector<std::uint64_t>{30ull << 32 | 1u}));
    EXPECT_EQ(spec.populations[0].played->sha256, sha256("3.0, 1\n", 7));
    text("3.0, 7\n");
    try {
        with_played_spikes(parse_simulation(model, path("m.yaml")));
        ADD_FAILURE();
    } catch (const FileError& e) {
        EXPECT_NE(std::string(e.what()).find("m.yaml:5:3: " + file + ": line 1"), std::string::npos)
            << e.what();
    }
}

TEST_F(PlayedFiles, ScalingCannotTakeCellsAway) {
    text("3.0, 1\n");
    try {
        parse_simulation(
            "name: m\ndt: 0.1 ms\nsimulate: {duration: 10 ms}\nscale: {neurons: 0.5}\n"
            "populations:\n  p: {model: spike_source, size: 5, file: a.csv}\n",
            path("m.yaml"));
        ADD_FAILURE();
    } catch (const ModelError& e) {
        EXPECT_NE(std::string(e.what()).find("scale.neurons (0.5) cannot take cells away"),
                  std::string::npos)
            << e.what();
    }
}

}  // namespace
}  // namespace snnsim
