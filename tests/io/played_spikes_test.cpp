// Files that spike_source populations play.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

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
    static PlayedSpikes read(const std::string& path, SameStep same_step = SameStep::error) {
        return read_played_spikes(path, {"p", 5, 1000, 0.1, same_step});
    }
    /// (step, cell) of what 5 cells play in 1000 steps of 0.1 ms.
    static std::vector<std::pair<int, int>> played(const std::string& path) {
        std::vector<std::pair<int, int>> out;
        for (const std::uint64_t key : read(path).keys)
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
    EXPECT_EQ(played(text("time (ms),cell\n0.06,0\n", "c.dat")), (Pairs{{1, 0}}));
    expect_error(text("time (s),cell\n0.06,0\n", "d.dat"), "line 1: a line has a time in ms");
    EXPECT_EQ(played(text("", "c.txt")), Pairs{});
    EXPECT_EQ(read(path("a.csv")).later, 1u);
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
    const PlayedSpikes spikes = read_played_spikes(sonata(times, ids), {"p", 5, 1 << 24, 0.1});
    ASSERT_EQ(spikes.keys.size(), count);
    for (std::size_t k = 0; k < count; ++k) ASSERT_EQ(spikes.keys[k], (k + 1) << 32 | 2u);
}

TEST_F(PlayedFiles, WhatIsWrongIsSaidWithItsPlace) {
    const auto line = [&](const std::string& content) { return text("1, 0\n" + content + "\n"); };
    expect_error(line("2, 5"), "a.csv: line 2: there is no cell 5: there are 5, numbered from 0");
    expect_error(line("nan, 1"), "line 2: the time nan is no number");
    expect_error(line("inf, 1"), "line 2: the time inf is no number");
    expect_error(line("-2, 1"), "line 2: the time -2 ms is negative");
    expect_error(line("0.04, 1"), "line 2: the time 0.04 ms lies before the end of the first step");
    expect_error(line("1, -1"), "line 2: there is no cell -1");
    expect_error(line("1"), "found '1'");
    expect_error(line("time,cell"), "line 2: a line has");
    expect_error(line("1.04, 0"), "cell 0 has two spikes in the step that ends at 1 ms");
    expect_error(path("none.csv"), "none.csv: there is no such file");
    expect_error(sonata({1.0, -1.0}, {0, 0}),
                 "a.h5: 'spikes/p/timestamps'[1]: the time -1 ms is negative");
    expect_error(sonata({1.0}, {5}), "'spikes/p/node_ids'[0]: there is no cell 5");
    expect_error(sonata({std::nan("")}, {0}), "is no number");
    expect_error(sonata({1.0}, {0, 0}), "differ in length");
    expect_error(sonata({1.0}, {0}, "us"),
                 "'spikes/p/timestamps' is in 'us'; times are in ms or s");
    expect_error(sonata({1.0}, {0}, "ms", "q"), "there is no population 'p' (it has: q)");
    expect_error(text("no file", "d.h5"), "d.h5");
}

/// What no program but an HDF5 library itself would write: any type, of any width.
template <class T>
void write_ids(const std::string& path, hid_t stored, const std::vector<T>& ids) {
    const h5::Handle file = h5::create_file(path);
    h5::write_vector(file, "spikes/p/timestamps", std::vector<double>(ids.size(), 1.0), "ms");
    const hsize_t count = ids.size();
    const h5::Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose, "space");
    const h5::Handle set(
        H5Dcreate2(file, "spikes/p/node_ids", stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose, "ids");
    h5::check(H5Dwrite(set, h5::type_of<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, ids.data()), "ids");
}

TEST_F(PlayedFiles, ACellIsAWholeNumberOfAnyType) {
    const auto wrong = [&](hid_t stored, auto ids, const std::string& value) {
        write_ids(path("a.h5"), stored, ids);
        expect_error(path("a.h5"), "'spikes/p/node_ids'[1]: there is no cell " + value + ":");
    };
    using Signed = std::vector<std::int64_t>;
    for (const hid_t stored : {H5T_STD_I8LE, H5T_STD_I16BE, H5T_STD_I32LE, H5T_STD_I64BE})
        wrong(stored, Signed{0, -1}, "-1");
    wrong(H5T_STD_I64LE, Signed{0, std::numeric_limits<std::int64_t>::min()},
          "-9223372036854775808");
    wrong(H5T_STD_I64LE, Signed{0, std::int64_t{1} << 40}, "1099511627776");
    wrong(H5T_STD_U8LE, Signed{4, 5}, "5");
    wrong(H5T_STD_U64LE, std::vector<std::uint64_t>{0, ~std::uint64_t{0}}, "18446744073709551615");
    wrong(H5T_STD_U64LE, std::vector<std::uint64_t>{0, (std::uint64_t{1} << 32) + 1}, "4294967297");
    using Real = std::vector<double>;
    for (const hid_t stored : {H5T_IEEE_F64LE, H5T_IEEE_F32BE}) {
        wrong(stored, Real{0.0, 1.5}, "1.5");
        wrong(stored, Real{0.0, -1.0}, "-1");
        wrong(stored, Real{0.0, std::nan("")}, "nan");
        wrong(stored, Real{0.0, INFINITY}, "inf");
        wrong(stored, Real{0.0, 0x1p40}, "1099511627776");
    }
    wrong(H5T_IEEE_F64LE, Real{0.0, 0.7}, "0.7");
    wrong(H5T_IEEE_F64LE, Real{0.0, 1.9}, "1.9");
    wrong(H5T_IEEE_F64LE, Real{0.0, 0x1p64}, "1.8446744073709552e+19");
    // And what is one plays, however it is stored.
    for (const hid_t stored : {H5T_STD_I8LE, H5T_STD_U16BE, H5T_STD_I64LE, H5T_STD_U64BE}) {
        write_ids(path("a.h5"), stored, Signed{3, 0, 4});
        EXPECT_EQ(played(path("a.h5")), (Pairs{{10, 0}, {10, 3}, {10, 4}}));
    }
    write_ids(path("a.h5"), H5T_IEEE_F32LE, Real{3, 0, 4});
    EXPECT_EQ(played(path("a.h5")), (Pairs{{10, 0}, {10, 3}, {10, 4}}));
    expect_error(text("1, 0.7\n"), "line 1: there is no cell 0.7");
    expect_error(text("1, nan\n"), "line 1: there is no cell nan");
    expect_error(text("1, 1e12\n"), "line 1: there is no cell 1e12");
    expect_error(text("1, 18446744073709551615\n"), "there is no cell 18446744073709551615");
    EXPECT_EQ(played(text("1, 3.0\n")), (Pairs{{10, 3}}));
}

TEST_F(PlayedFiles, UnitsAsOthersWriteThem) {
    const auto write = [&](hid_t type, const void* unit) {
        const h5::Handle file = h5::create_file(path("a.h5"));
        h5::write_vector(file, "spikes/p/timestamps", std::vector<double>{2.0}, "");
        h5::write_vector(file, "spikes/p/node_ids", std::vector<std::uint64_t>{1}, "1");
        const h5::Handle set(H5Dopen2(file, "spikes/p/timestamps", H5P_DEFAULT), H5Dclose, "t");
        h5::remove_attribute(set, "units");
        if (unit) h5::write_attribute(set, "units", type, {}, unit);
        return path("a.h5");
    };
    const auto text_type = [](std::size_t size, H5T_cset_t set, H5T_str_t pad) {
        h5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "type");
        H5Tset_size(type, size);
        H5Tset_cset(type, set);
        H5Tset_strpad(type, pad);
        return type;
    };
    const char* const ms = "ms";
    for (const H5T_cset_t set : {H5T_CSET_ASCII, H5T_CSET_UTF8}) {
        EXPECT_EQ(played(write(text_type(H5T_VARIABLE, set, H5T_STR_NULLTERM), &ms)),
                  (Pairs{{20, 1}}));
        EXPECT_EQ(played(write(text_type(2, set, H5T_STR_NULLPAD), "ms")), (Pairs{{20, 1}}));
        EXPECT_EQ(played(write(text_type(3, set, H5T_STR_NULLTERM), "ms")), (Pairs{{20, 1}}));
        EXPECT_EQ(played(write(text_type(12, set, H5T_STR_NULLPAD), "milliseconds")),
                  (Pairs{{20, 1}}));
        EXPECT_EQ(played(write(text_type(5, set, H5T_STR_SPACEPAD), "ms   ")), (Pairs{{20, 1}}));
    }
    const h5::Handle units(H5Tenum_create(H5T_STD_U8LE), H5Tclose, "enumeration");
    std::uint8_t value = 0;
    for (const char* name : {"s", "ms"}) {
        h5::check(H5Tenum_insert(units, name, &value), "enumeration");
        ++value;
    }
    value = 1;
    EXPECT_EQ(played(write(units, &value)), (Pairs{{20, 1}}));
    EXPECT_FALSE(read(path("a.h5")).assumed_unit);
    EXPECT_EQ(played(write(0, nullptr)), (Pairs{{20, 1}}));
    EXPECT_TRUE(read(path("a.h5")).assumed_unit);
    EXPECT_EQ(played(sonata({0.002}, {1}, "seconds")), (Pairs{{20, 1}}));
    EXPECT_EQ(played(sonata({2.0}, {1}, "milliseconds")), (Pairs{{20, 1}}));
    const double number = 1.0;
    expect_error(write(H5T_NATIVE_DOUBLE, &number), "the attribute 'units' must be a text");
}

TEST_F(PlayedFiles, TwoSpikesInAStepMayBeMerged) {
    const std::string file = text("1.0,0\n1.04,0\n0.98,0\n1.0,1\n2,0\n");
    expect_error(file, "cell 0 has two spikes in the step that ends at 1 ms");
    expect_error(file, "same_step: merge");
    const PlayedSpikes spikes = read(file, SameStep::merge);
    EXPECT_EQ(spikes.keys, (std::vector<std::uint64_t>{10ull << 32, 10ull << 32 | 1, 20ull << 32}));
    EXPECT_EQ(spikes.merged, 2u);
}

TEST_F(PlayedFiles, TextAsOtherProgramsWriteIt) {
    EXPECT_EQ(played(text("\xEF\xBB\xBF\"time\",\"cell\"\r\n\"1.5\",\"3\"\r\n\r\n2,4\r\n\r\n\r\n")),
              (Pairs{{15, 3}, {20, 4}}));
    EXPECT_EQ(played(text("timestamps population node_ids\n1.5 p 3\n9 q 77\n2 p 4\n")),
              (Pairs{{15, 3}, {20, 4}}));
    EXPECT_EQ(played(text("node_ids,timestamps\n3,1.5")), (Pairs{{15, 3}}));
    expect_error(text("timestamps population node_ids\n1.5 q 3\n9 r 7\n"),
                 "there is no population 'p' (it has: q, r)");
    expect_error(text("1,5;3\n"), "with a point, not a comma, in a fraction");
    expect_error(text(std::string("\xFF\xFE") + "1\0,\0002\0"), "this text is in UTF-16");
    expect_error(text(std::string("1,2\n1,\0002\n", 9)), "a.csv:2: this is no text");
    expect_error(text("1,2\n" + std::string(2 << 20, '1')), "a.csv:2: a line of more than 1 MB");
    try {
        read_played_spikes(text("1,2\n"), {"q", 5, 1000, 0.1, SameStep::error, true});
        ADD_FAILURE();
    } catch (const FileError& e) {
        EXPECT_NE(std::string(e.what()).find("no header names a column 'population'"),
                  std::string::npos)
            << e.what();
    }
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
