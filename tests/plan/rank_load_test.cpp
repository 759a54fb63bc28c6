// What is foretold of ranks, beside what engines of several ranks have and say.
#include "src/plan/rank_load.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/block_count.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/ranks/thread_ranks.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapses/synapse_rows.hpp"
#include "src/plan/cell_rates.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

SimulationSpec shipped(const char* model, const std::vector<std::string>& overrides = {}) {
    return apply_scale(std::get<SimulationSpec>(read_any_model(shipped_model(model), overrides)));
}

double part(const std::vector<MemoryPart>& parts, const std::string& name) {
    double sum = 0.0;
    for (const MemoryPart& p : parts) sum += p.name == name ? static_cast<double>(p.bytes) : 0.0;
    return sum;
}

template <class Call>
std::string message_of(const Call& call) {
    try {
        call();
    } catch (const Error& e) {
        return e.what();
    }
    return "no error";
}

TEST(RankLoad, RowsAreForetold) {
    for (const auto& [model, overrides] :
         {std::pair{"brunel", std::vector<std::string>{}},
          {"microcircuit", {"scale.neurons=0.05", "scale.in_degrees=0.05"}},
          {"cuba", {"projections.0.delay={distribution: uniform, low: 1 ms, high: 3 ms}"}}}) {
        const SimulationSpec spec = shipped(model, overrides);
        constexpr int ranks = 3, threads = 2;
        const std::vector<MemoryPart> foretold = memory_of_ranks(spec, {ranks, threads}).each;
        std::vector<double> bytes(ranks);
        ThreadRanks(ranks).run([&](Exchange& exchange) {
            const Layout layout(spec, {exchange.rank() * threads, threads, ranks * threads});
            const Synapses synapses =
                build_synapses(spec, layout, threads, storage_of, exchange, RowIndex::smaller);
            bytes[static_cast<std::size_t>(exchange.rank())] =
                static_cast<double>(synapses.rows.bytes());
        });
        for (const double b : bytes)
            EXPECT_NEAR(b, part(foretold, "its synapses") + part(foretold, "rows, of all sources"),
                        0.02 * b)
                << model;
    }
}

/// Foretold of 4 ranks, each rank has about a fourth of what is its own, and all of the rest.
TEST(RankLoad, OnlyWhatIsItsOwnShrinks) {
    const SimulationSpec spec = shipped("brunel");
    const RankMemory one = memory_of_ranks(spec, {1, 1}), four = memory_of_ranks(spec, {4, 1});
    for (const char* name : {"its synapses", "its cells"})
        EXPECT_NEAR(part(four.each, name), part(one.each, name) / 4.0, 2.0) << name;
    for (const char* name :
         {"rows, of all sources", "the program", "states of all cells, in a checkpoint",
          "where cells lie, of all cells"})
        EXPECT_EQ(part(four.each, name), part(one.each, name)) << name;
    EXPECT_GT(part(one.each, "its synapses"), 15.5e6 * 4.0);
    EXPECT_EQ(part(one.first, "states that the others send, in a checkpoint"), 0.0);
    EXPECT_GT(part(four.first, "states that the others send, in a checkpoint"), 0.0);
}

TEST(RankLoad, MoreThreadsHaveMoreEdges) {
    const SimulationSpec spec = shipped("brunel");
    const std::string name = "rows, of all sources";
    // 8 bytes a row, and of each of 2 populations an offset a block and delay and one more.
    for (const int threads : {1, 48})
        EXPECT_EQ(part(memory_of_ranks(spec, {4, threads}).each, name),
                  12500.0 * (8.0 + 4.0 * (threads + 1)));
    EXPECT_EQ(block_count(spec, 12), 12u);
    // 100,000 accumulators of one receptor are too many for two blocks, of which each has 65,536.
    EXPECT_EQ(block_count(shipped("brunel", {"populations.E.size=200000"}), 2), 4u);
}

/// The middle one of several ranks, of which the others say what it says.
class EchoedRank final : public Exchange {
  public:
    explicit EchoedRank(int ranks) : ranks_(ranks) {}
    int rank() const override { return ranks_ / 2; }
    int ranks() const override { return ranks_; }
    std::vector<std::size_t> words;  // that it said, each time

  protected:
    void start_words(std::span<const std::uint32_t> mine) override { mine_ = mine; }
    void finish_words(Gathered& all) override { gather_words(mine_, all); }
    void gather_words(std::span<const std::uint32_t> mine, Gathered& all) override {
        words.push_back(mine.size());
        all.words.clear();
        all.start = {0};
        for (int r = 0; r < ranks_; ++r) {
            all.words.insert(all.words.end(), mine.begin(), mine.end());
            all.start.push_back(all.words.size());
        }
    }
    void broadcast_words(Words&) override {}
    void sum_numbers(std::span<std::uint64_t> numbers) override {
        for (std::uint64_t& n : numbers) n *= static_cast<std::uint64_t>(ranks_);
    }
    void sum_numbers_before(std::span<std::uint64_t> numbers) override {
        for (std::uint64_t& n : numbers) n *= static_cast<std::uint64_t>(rank());
    }
    // Of trainings alone.
    bool give_bytes(std::span<const std::byte>) override { return true; }
    bool take_bytes(std::span<std::byte>) override { return true; }
    void settle_bytes(std::span<std::byte>) override {}
    void warn() override {}
    bool warned() override { return false; }

  private:
    const int ranks_;
    std::span<const std::uint32_t> mine_;
};

TEST(RankLoad, MessagesAreForetold) {
    for (const char* model : {"brunel", "cuba", "izhikevich_patterns"}) {
        const SimulationSpec spec = shipped(model);
        constexpr int ranks = 4;
        EchoedRank exchange(ranks);
        const auto engine = make_cpu_engine(spec, {.threads = 1, .spikes = false}, exchange);
        exchange.words.clear();
        constexpr std::int64_t steps = 1200;
        engine->advance(steps);
        std::vector<double> rates;
        for (std::size_t p = 0; p < spec.populations.size(); ++p)
            rates.push_back(
                static_cast<double>(engine->spike_counts()[p]) /
                (static_cast<double>(spec.populations[p].size * steps) * spec.dt * 1e-3));
        const ExchangeLoad load = exchange_load(spec, {ranks, 1}, rates);
        EXPECT_EQ(exchange.words.size(),
                  static_cast<std::size_t>((steps + load.window - 1) / load.window))
            << model;
        // And a word that says how many there are.
        const double words = std::accumulate(exchange.words.begin(), exchange.words.end(), 0.0);
        EXPECT_NEAR(load.message, 4.0 * (words / static_cast<double>(exchange.words.size()) + 1.0),
                    0.1 * load.message)
            << model;
    }
}

TEST(RankLoad, GapJunctionsAreSeenInTheNextStep) {
    const SimulationSpec spec = shipped("gap_junctions");
    const ExchangeLoad load =
        exchange_load(spec, {2, 1}, std::vector<double>(spec.populations.size()));
    EXPECT_EQ(load.window, 1);
    EXPECT_GT(load.states, 0.0);
    EXPECT_NE(load.why.find("gap junctions"), std::string::npos);
}

TEST(RankLoad, RanksOfAMachineShareItsMemory) {
    const RankMemory memory{{{"its synapses", 4'000'000'000}, {"the program", 30'000'000}},
                            {{"spikes of a second, to be written", 500'000'000}}};
    constexpr std::size_t much = 1'000'000'000'000;
    const auto problem = [&](int here, bool first, RoomForRanks room) {
        return rank_memory_problem(memory, {8, 1}, here, first, room);
    };
    EXPECT_EQ(problem(4, false, {16'120'000'000, much}), "");
    EXPECT_NE(
        problem(4, false, {16'119'999'999, much})
            .find("about 16.1 GB of memory for the 4 of its 8 ranks on this machine and 16.1 GB "
                  "are free"),
        std::string::npos)
        << problem(4, false, {16'119'999'999, much});
    EXPECT_NE(problem(4, true, {16'120'000'000, much}).find("spikes of a second"),
              std::string::npos);
    EXPECT_EQ(problem(4, true, {16'620'000'000, much}), "");
    EXPECT_NE(problem(8, true, {much - much, much}).find("all of its 8 ranks"), std::string::npos);
    // `ulimit -v` is of each.
    EXPECT_EQ(problem(4, false, {much, 4'030'000'000}), "");
    EXPECT_NE(problem(4, false, {much, 4'029'999'999}).find("memory for a rank"),
              std::string::npos);
}

TEST(CellRates, WhatIsToldCountsMost) {
    const SimulationSpec spec = shipped("microcircuit");
    const auto rates = [&](const std::vector<std::string>& told) {
        return cell_rates(spec, {.run = "", .told = told});
    };
    EXPECT_EQ(rates({})[0].hertz, 0.903);
    EXPECT_EQ(rates({})[0].from, "the model");
    EXPECT_EQ(rates({"L23E: 4 Hz"})[0].hertz, 4.0);
    EXPECT_EQ(rates({"L23E: 4 Hz"})[0].from, "--rate");
    EXPECT_EQ(rates({"L23E: 4 Hz"})[1].hertz, 2.965);
    EXPECT_EQ(rates({"0.1 kHz"})[7].hertz, 100.0);
    EXPECT_EQ(rates({"1 Hz", "L6I: 2 Hz"})[7].hertz, 2.0);
    EXPECT_EQ(cell_rates(shipped("brunel"), {})[0].from, "assumed");
    EXPECT_NE(message_of([&] { rates({"L23: 4 Hz"}); }).find("did you mean 'L23E'?"),
              std::string::npos);
    for (const char* wrong : {"L23E: 4 mV", "L23E:", "-1 Hz", "L23E", ""})
        EXPECT_NE(message_of([&] { rates({wrong}); }), "no error") << wrong;
}

}  // namespace
}  // namespace snnsim
