// Records of chosen cells: the columns of a record of all cells.
#include <gtest/gtest.h>

#include <set>

#include "snnsim/cell_values.hpp"
#include "snnsim/engine.hpp"
#include "snnsim/read_model.hpp"

namespace snnsim {
namespace {

CellSet random_cells(std::int64_t n, std::int64_t size, std::uint64_t seed = 1,
                     std::size_t population = 0) {
    return chosen_cells({.first = 0, .listed = {}, .random = n}, size, seed, population);
}

TEST(ChosenCells, AreInAscendingOrder) {
    EXPECT_EQ(chosen_cells({.listed = {40, 3, 17}}, 50, 1, 0).listed,
              (std::vector<std::uint32_t>{3, 17, 40}));
    const CellSet drawn = random_cells(50, 200);
    ASSERT_EQ(drawn.listed.size(), 50u);
    EXPECT_EQ(std::set<std::uint32_t>(drawn.listed.begin(), drawn.listed.end()).size(), 50u);
    EXPECT_TRUE(std::is_sorted(drawn.listed.begin(), drawn.listed.end()));
    EXPECT_LT(drawn.listed.front(), 40u);
    EXPECT_GE(drawn.listed.back(), 160u);
    EXPECT_LT(drawn.listed.back(), 200u);
}

TEST(ChosenCells, AreDrawnBySeedAndPopulation) {
    const std::vector<std::uint32_t> drawn = random_cells(50, 200).listed;
    EXPECT_EQ(random_cells(50, 200).listed, drawn);
    EXPECT_NE(random_cells(50, 200, 2).listed, drawn);
    EXPECT_NE(random_cells(50, 200, 1, 1).listed, drawn);
    for (const std::uint32_t cell : random_cells(10, 200).listed)
        EXPECT_TRUE(std::binary_search(drawn.begin(), drawn.end(), cell));
}

TEST(ChosenCells, MoreThanThereAreMeansAll) {
    for (const CellSet& all :
         {chosen_cells({}, 30, 1, 0), chosen_cells({.first = 40, .listed = {}}, 30, 1, 0),
          random_cells(40, 30)}) {
        EXPECT_EQ(all.count, 30u);
        EXPECT_TRUE(all.has(29) && !all.has(30));
        EXPECT_EQ(all.count_below(17), 17u);
    }
}

SimulationSpec network(const std::string& cells) {
    std::string text = R"(name: test
dt: 0.1 ms
simulate: {duration: 10 ms}
populations:
  S: {model: poisson_source, size: 50, rate: 500 Hz}
  E: {model: iaf_psc_exp, size: 203, tau_syn_in: 3 ms, e_l: {distribution: uniform, low: -70 mV, high: -60 mV}}
projections:
  - {from: S, to: E, connect: {rule: fixed_in_degree, n: 9}, delay: 0.3 ms,
     weight: {distribution: normal, mean: 30 pA, std: 50 pA}}
stimuli:
  - {to: E, kind: noise, std: 30 pA}
record:
)";
    for (const char* what : {"v", "input", "current"})
        text +=
            std::string("  - {population: E, what: ") + what + ", interval: 0.7 ms" + cells + "}\n";
    return parse_simulation(text, "test.yaml");
}

/// All values of each record; the engine is exchanged on the way, in the middle of an interval.
std::vector<std::vector<float>> values(const SimulationSpec& spec, int threads, int later) {
    std::vector<std::vector<float>> out(spec.record.size());
    const auto take = [&](Engine& engine) {
        const std::vector<StateSamples> part = engine.take_states();
        for (std::size_t r = 0; r < part.size(); ++r)
            out[r].insert(out[r].end(), part[r].values.begin(), part[r].values.end());
    };
    const auto first = make_engine(spec, {.threads = threads});
    first->advance(38);
    take(*first);
    const auto second = make_engine(spec, {.threads = later});
    second->set_state(first->state());
    second->advance(spec.steps() - 38);
    take(*second);
    return out;
}

TEST(ChosenCells, TheirValuesAreColumnsOfThoseOfAllCells) {
    const std::vector<std::vector<float>> all = values(network(""), 1, 1);
    ASSERT_EQ(all[0].size(), 14u * 203u);
    for (const char* choice : {", cells: [202, 3, 17, 100, 101]", ", cells: {random: 60}",
                               ", cells: 20", ", cells: [5]"}) {
        const SimulationSpec spec = network(choice);
        const CellSet cells = recorded_cells(spec, spec.record[0]);
        std::vector<std::vector<float>> wanted(3);
        for (std::size_t r = 0; r < 3; ++r) {
            for (std::size_t row = 0; row < 14; ++row) {
                for (std::uint32_t k = 0; k < cells.count; ++k)
                    wanted[r].push_back(all[r][row * 203 + cells[k]]);
            }
        }
        for (const int threads : {1, 2, 3, 7})
            EXPECT_EQ(values(spec, threads, threads % 3 + 1), wanted) << choice << threads;
    }
}

}  // namespace
}  // namespace snnsim
