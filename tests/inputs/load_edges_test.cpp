// Lists of synapses from files: what is read, and what is said of files that are wrong.
#include "src/inputs/load_edges.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

class LoadEdges : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("snnsim_edges_" +
                   std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    void write(const std::string& text) const { std::ofstream(path("edges.csv")) << text; }

    SimulationSpec load(const std::string& keys, const std::string& file = "edges.csv") const {
        SimulationSpec spec = parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 s}\npopulations:\n"
            "  a: {model: iaf_psc_exp, size: 3}\n  b: {model: iaf_psc_exp, size: 2}\n"
            "projections: [{from: a, to: b, connect: {rule: list, file: " +
                file + "}" + keys + "}]\n",
            path("m.yaml"));
        load_edges(spec);
        return spec;
    }
    void expect_error(const std::string& text, const std::string& keys,
                      const std::string& part) const {
        write(text);
        try {
            load(keys);
            ADD_FAILURE() << "no error: " << part;
        } catch (const DataError& e) {
            EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
        }
    }

  private:
    fs::path folder_;
};

TEST_F(LoadEdges, AGroupOfAnHdf5File) {
    {
        const h5::Handle file = h5::create_file(path("edges.h5"));
        h5::write_vector<std::uint32_t>(file, "e/x/source", {2, 0}, "");
        h5::write_vector<std::uint32_t>(file, "e/x/target", {1, 0}, "");
        h5::write_vector<double>(file, "e/x/delay", {0.3, 0.5}, "ms");
        h5::write_vector<double>(file, "e/other", {1.0}, "");
    }
    const SimulationSpec spec = load(", weight: 1 pA", "edges.h5, dataset: e/x");
    EXPECT_EQ(spec.projections[0].edges->source, (std::vector<std::uint32_t>{2, 0}));
    EXPECT_EQ(spec.projections[0].edges->delay, (std::vector<double>{0.3, 0.5}));
    const auto error_of = [&](const std::string& file) -> std::string {
        try {
            load(", weight: 1 pA", file);
        } catch (const DataError& e) {
            return e.what();
        }
        return "none";
    };
    EXPECT_NE(error_of("edges.h5, dataset: e/y").find("there is no group 'e/y'"),
              std::string::npos);
    EXPECT_NE(error_of("edges.h5").find("unknown column 'e'"), std::string::npos);
    write("source,target\n0,0\n");
    EXPECT_NE(error_of("edges.csv, dataset: e").find("leave it out"), std::string::npos);
}

TEST_F(LoadEdges, Csv) {
    write("target, source,delay (us), weight (nA)\r\n1,2,300,0.5\n0,0,1500,-2e-3\n");
    const SimulationSpec spec = load("");
    const EdgeList& e = *spec.projections[0].edges;
    EXPECT_EQ(e.source, (std::vector<std::uint32_t>{2, 0}));
    EXPECT_EQ(e.target, (std::vector<std::uint32_t>{1, 0}));
    EXPECT_EQ(e.weight, (std::vector<double>{500.0, -2.0}));
    ASSERT_EQ(e.delay.size(), 2u);
    EXPECT_NEAR(e.delay[0], 0.3, 1e-12);
    EXPECT_NEAR(e.delay[1], 1.5, 1e-12);
    EXPECT_EQ(e.sha256.size(), 64u);
    EXPECT_EQ(input_files(spec), (std::vector<std::string>{e.sha256 + "  edges.csv"}));
    write("source,target\n0,1\n");
    const SimulationSpec constant = load(", weight: 1 nA, delay: 2 ms");
    EXPECT_TRUE(constant.projections[0].edges->weight.empty());
    EXPECT_TRUE(constant.projections[0].edges->delay.empty());
    EXPECT_NE(constant.projections[0].edges->sha256, e.sha256);
}

TEST_F(LoadEdges, CsvAsOtherProgramsWriteIt) {
    const std::string plain = "source,target,weight (nA)\n2,1,0.5\n0,0,-2\n";
    for (const std::string& text :
         {plain, "\xEF\xBB\xBF" + plain, plain + "\n\r\n  \n",
          std::string("\"source\",\"target\",\"weight (nA)\"\r\n\"2\",\"1\",\"0.5\"\r\n0,0,-2"),
          std::string(" source , \"target\" ,weight (nA)\n2, 1 , 5e-1\n0 ,0, -2.0\n")}) {
        write(text);
        const SimulationSpec spec = load("");
        const EdgeList& e = *spec.projections[0].edges;
        EXPECT_EQ(e.source, (std::vector<std::uint32_t>{2, 0}));
        EXPECT_EQ(e.target, (std::vector<std::uint32_t>{1, 0}));
        EXPECT_EQ(e.weight, (std::vector<double>{500.0, -2000.0}));
    }
}

TEST_F(LoadEdges, CsvOfAnotherDialect) {
    const std::string weight = ", weight: 1 pA";
    expect_error("source;target\n0;1\n", weight,
                 "edges.csv:1: columns are separated by semicolons here; commas must be between");
    expect_error("source\ttarget\n0\t1\n", weight, "edges.csv:1: columns are separated by tabs");
    expect_error("source,target\n0;1\n", weight, "edges.csv:2: 1 value, but the header names 2");
    expect_error("source,target,weight\n0,1,0,5\n", "",
                 "4 values, but the header names 3 columns; a fraction has a point, not a comma");
    expect_error("source,target,weight\n0,1,\"0,5\"\n", "",
                 "found '0,5'; a fraction has a point, not a comma");
    expect_error("source,target\n0,0\n\n\n1,1\n", weight, "edges.csv:3: an empty line between");
    expect_error("source," + std::string(200, 'x') + "\n0,1\n", weight,
                 "edges.csv:1: the name of a column has 200 characters; at most 160");
    expect_error("source,target\n0," + std::string(1000, 'x') + "\n", weight, "xxx...xxx");
    expect_error("source,\"target\n", weight, "edges.csv:1: a quote (\") is not closed");
    expect_error("source,\"target\"s\n", weight, "edges.csv:1: something follows a closing quote");
    expect_error(std::string("source,target\n0,\0", 17), weight, "edges.csv:2: this is no text");
    expect_error("source,target\n0,nan\n", weight, "edges.csv:2: target nan is no cell of 'b'");
    expect_error("source,target\n1e300,0\n", weight, "edges.csv:2: source 1e+300 is no cell");
}

TEST_F(LoadEdges, Hdf5) {
    {
        const h5::Handle file = h5::create_file(path("edges.h5"));
        h5::write_vector<std::uint32_t>(file, "source", {0, 2}, "");
        h5::write_vector<std::uint64_t>(file, "target", {1, 1}, "");
        h5::write_vector<float>(file, "weight", {1.5f, 2.0f}, "nA");
    }
    const SimulationSpec spec = load(", delay: 1 ms", "edges.h5");
    EXPECT_EQ(spec.projections[0].edges->source, (std::vector<std::uint32_t>{0, 2}));
    EXPECT_EQ(spec.projections[0].edges->weight, (std::vector<double>{1500.0, 2000.0}));
    {
        const h5::Handle file = h5::create_file(path("bad.h5"));
        h5::write_vector<std::uint32_t>(file, "source", {0, 3}, "");
        h5::write_vector<std::uint32_t>(file, "target", {1, 1}, "");
    }
    try {
        load(", weight: 1 pA", "bad.h5");
        FAIL();
    } catch (const DataError& e) {
        EXPECT_NE(std::string(e.what()).find(
                      "bad.h5, row 1 (from 0): source 3 is no cell of 'a', which has 0 to 2"),
                  std::string::npos)
            << e.what();
    }
    {
        const h5::Handle file = h5::create_file(path("short.h5"));
        h5::write_vector<std::uint32_t>(file, "source", {0, 1}, "");
        h5::write_vector<std::uint32_t>(file, "target", {1}, "");
    }
    EXPECT_THROW(load(", weight: 1 pA", "short.h5"), DataError);
}

TEST_F(LoadEdges, WhatIsWrong) {
    const std::string weight = ", weight: 1 pA";
    expect_error("source,target\n0,0\n3,0\n", weight,
                 "edges.csv:3: source 3 is no cell of 'a', which has 0 to 2");
    expect_error("source,target\n0,-1\n", weight, "edges.csv:2: target -1 is no cell of 'b'");
    expect_error("source,target\n0.5,0\n", weight, "edges.csv:2: source 0.5 is no cell");
    expect_error("source,target\n0,0\n1\n", weight,
                 "edges.csv:3: 1 value, but the header names 2 columns");
    expect_error("source,target\n0,x\n", weight, "edges.csv:2: target must be a number; found 'x'");
    expect_error("source,targets\n", weight,
                 "edges.csv:1: unknown column 'targets'; did you mean 'target'?");
    expect_error("source,weight\n0,0\n", "", "edges.csv:1: the column 'target' is missing");
    expect_error("source,target,source\n", weight, "the column 'source' is there twice");
    expect_error("source,target\n0,0\n", "", "edges.csv:1: there is no column 'weight'");
    expect_error("source,target,weight\n0,0,1\n", weight,
                 "weight is a column here and a key of the projection 'a_to_b'");
    expect_error("source,target,weight\n0,0,nan\n", "", "edges.csv:2: weight is nan");
    expect_error("source,target,weight (mV)\n0,0,1\n", "", "is a voltage, but weight is a current");
    expect_error("source,target,delay\n0,0,0.05\n", weight,
                 "edges.csv:2: delay (0.05 ms) must be between dt (0.1 ms) and 1000 ms");
    expect_error("source,target,delay\n0,0,1\n0,0,1001\n", weight, "edges.csv:3: delay (1001 ms)");
    expect_error("source,target,weight\n0,0,1\n0,1,0\n1,1,-1\n", ", dale: true",
                 "edges.csv:4: with dale: true all weights have one sign, but -1 comes after 1");
    expect_error("", weight, "edges.csv:1: the first line must name the columns");
    try {
        load(weight, "none.csv");
        FAIL();
    } catch (const DataError& e) {
        EXPECT_NE(std::string(e.what()).find("none.csv: there is no such file"), std::string::npos);
    }
}

}  // namespace
}  // namespace snnsim
