// Lists of pairs of a training.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "snnsim/network.hpp"
#include "src/inputs/load_initial_weights.hpp"
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

class ListedPairs : public ::testing::Test {
  protected:
    fs::path folder = fs::temp_directory_path() / ("snnsim_pairs_test_" + std::to_string(getpid()));

    void SetUp() override { fs::create_directories(folder); }
    void TearDown() override { fs::remove_all(folder); }

    ModelSpec loaded(const std::string& pairs, const std::string& more = "") {
        std::ofstream(folder / "pairs.csv") << pairs;
        ModelSpec spec =
            parse_model(edited("{from: hidden, to: output}",
                               "{from: hidden, to: output, connect: {rule: list, file: pairs.csv}" +
                                   more + "}"),
                        (folder / "m.yaml").string());
        load_initial_weights(spec);
        return spec;
    }
    std::string wrong(const std::string& pairs, const std::string& more = "") {
        try {
            loaded(pairs, more);
        } catch (const DataError& e) {
            return e.what();
        }
        return "no error";
    }
};

TEST_F(ListedPairs, AreTheWeightsThatThereAre) {
    const ModelSpec spec = loaded("source,target\n31,9\n0,0\n3,7\n");
    const Projection p = compile(spec).projections[1];
    EXPECT_EQ(p.synapses->source(), (std::vector<std::uint32_t>{0, 3, 31}));
    EXPECT_EQ(p.synapses->target, (std::vector<std::uint32_t>{0, 7, 9}));
    // Those that are drawn for all pairs.
    const Projection all = compile(parse_model(good, "m.yaml")).projections[1];
    EXPECT_EQ(p.weights, (std::vector<float>{all.weights[0], all.weights[37], all.weights[319]}));
    EXPECT_EQ(weight_files(spec).size(), 1u);
    EXPECT_TRUE(weight_files(spec)[0].ends_with("  pairs.csv"));
}

TEST_F(ListedPairs, MayHaveTheirWeights) {
    const Projection p =
        compile(loaded("target,source,weight\n9,31,0.25\n0,0,-2\n")).projections[1];
    EXPECT_EQ(p.weights, (std::vector<float>{-2.0f, 0.25f}));
    EXPECT_EQ(p.synapses->source(), (std::vector<std::uint32_t>{0, 31}));
}

TEST_F(ListedPairs, WithManyAreAMatrix) {
    std::string pairs = "target,source,weight\n", without = "target,source\n";
    for (int k = 0; k < 320; k += 3) {
        pairs += fmt::format("{},{},{}\n", k % 10, k / 10, k + 1);
        without += fmt::format("{},{}\n", k % 10, k / 10);
    }
    const Projection p = compile(loaded(pairs)).projections[1],
                     drawn = compile(loaded(without)).projections[1];
    EXPECT_FALSE(p.synapses);
    for (std::size_t k = 0; k < 320; ++k) {
        EXPECT_EQ(p.connected[k], k % 3 == 0 ? 1 : 0);
        EXPECT_EQ(p.weights[k], k % 3 == 0 ? static_cast<float>(k + 1) : 0.0f);
    }
    EXPECT_EQ(drawn.connected, p.connected);
    EXPECT_NE(drawn.weights[3], p.weights[3]);
}

TEST_F(ListedPairs, WhatIsWrongHasItsPlace) {
    const auto expect = [&](const std::string& pairs, const std::string& part,
                            const std::string& more = "") {
        const std::string told = wrong(pairs, more);
        EXPECT_NE(told.find(part), std::string::npos) << told;
        EXPECT_NE(told.find("m.yaml:10:5: connect of hidden_to_output: "), std::string::npos)
            << told;
    };
    expect("source,target\n1,2\n3,4\n1,2\n",
           "pairs.csv:4: source 1 and target 2 stand there before; in a training a pair has one "
           "weight");
    expect("source,target\n32,2\n",
           "pairs.csv:2: source 32 is no cell of 'hidden', which has 0 to 31");
    expect("source,target\n3,10\n", "target 10 is no cell of 'output'");
    expect("source\n3\n", "the column 'target' is missing");
    expect("source,target,delay\n3,1,1\n", "unknown column 'delay'");
    expect("source,target,weight\n3,1,nan\n", "weight is nan");
    // The first in the file, not the first by source.
    expect("source,target,weight\n3,1,nan\n0,1,inf\n", "weight is nan");
    expect("source,target,weight (pA)\n3,1,1\n", "in a training weights have no unit");
    expect("source,target,weight\n3,1,1\n", "weight is a column here and a key of the projection",
           ", weight: fan_in_uniform");
}

}  // namespace
}  // namespace snnsim
