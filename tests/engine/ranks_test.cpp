// Networks that several ranks simulate together: the spikes, records and states of one process.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/device/device_of_rank.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/ranks/leading_engine.hpp"
#include "src/engine/ranks/thread_ranks.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapses/synapse_rows.hpp"
#include "tests/engine/all_kinds.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

SimulationSpec shipped(const char* model, const std::vector<std::string>& overrides) {
    return apply_scale(std::get<SimulationSpec>(read_any_model(shipped_model(model), overrides)));
}

/// Calls f(engine) on each of so many ranks.
template <class F>
void on_ranks(int ranks, int threads, const SimulationSpec& spec, F&& f) {
    ThreadRanks(ranks).run([&](Exchange& exchange) {
        f(*make_cpu_engine(spec, {.threads = threads}, exchange), exchange);
    });
}

std::vector<Sent> run_on(int ranks, int threads, const SimulationSpec& spec, std::int64_t steps,
                         std::int64_t block = 1 << 20) {
    std::vector<Sent> all;
    on_ranks(ranks, threads, spec, [&](Engine& engine, Exchange& exchange) {
        const std::vector<Sent> mine = run(engine, steps, block);
        if (exchange.leads()) all = mine;
    });
    return all;
}

struct Network {
    const char* model;
    std::vector<std::string> overrides;
    double ms;
};
std::ostream& operator<<(std::ostream& out, const Network& n) {
    return out << n.model;
}

class Ranks : public testing::TestWithParam<Network> {
  protected:
    SimulationSpec spec() const { return shipped(GetParam().model, GetParam().overrides); }
    std::int64_t steps() const { return std::llround(GetParam().ms / spec().dt); }
};

TEST_P(Ranks, SendTheSpikesOfOneProcess) {
    const SimulationSpec spec = this->spec();
    const std::vector<Sent> wanted = run(*make_engine(spec, {.threads = 1}), steps());
    EXPECT_GT(wanted.size(), 20u);
    for (const auto& [ranks, threads] : {std::pair{1, 2}, {2, 1}, {3, 2}, {4, 1}, {7, 1}})
        EXPECT_EQ(run_on(ranks, threads, spec, steps(), 997), wanted)
            << ranks << " ranks of " << threads << " threads";
}

TEST_P(Ranks, GoOnFromAStateOfOtherRanks) {
    const SimulationSpec spec = this->spec();
    const std::int64_t half = steps() / 2;
    const auto one = make_engine(spec, {.threads = 1});
    run(*one, half);
    const EngineState at_half = one->state();
    const std::vector<Sent> wanted = run(*one, half);
    for (const auto& [before, after] : {std::pair{1, 3}, {3, 1}, {2, 4}}) {
        EngineState state;
        on_ranks(before, 1, spec, [&](Engine& engine, Exchange& exchange) {
            run(engine, half);
            EngineState mine = engine.state();
            if (exchange.leads()) state = std::move(mine);
        });
        EXPECT_EQ(state.states, at_half.states) << before << " ranks";
        EXPECT_EQ(state.spike_counts, at_half.spike_counts);
        ASSERT_EQ(state.plastic.size(), at_half.plastic.size());
        for (std::size_t k = 0; k < state.plastic.size(); ++k) {
            EXPECT_EQ(state.plastic[k].weight, at_half.plastic[k].weight);
            EXPECT_EQ(state.plastic[k].post_step, at_half.plastic[k].post_step);
            EXPECT_EQ(state.plastic[k].arrived, at_half.plastic[k].arrived);
            EXPECT_EQ(state.plastic[k].source, at_half.plastic[k].source);
        }
        std::vector<Sent> got;
        on_ranks(after, 2, spec, [&](Engine& engine, Exchange& exchange) {
            engine.set_state(state);
            const std::vector<Sent> mine = run(engine, half);
            if (exchange.leads()) got = mine;
        });
        EXPECT_EQ(got, wanted) << before << " to " << after << " ranks";
    }
}

INSTANTIATE_TEST_SUITE_P(
    Shipped, Ranks,
    testing::Values(Network{"cuba", {}, 100.0}, Network{"coba", {}, 60.0},
                    Network{"brunel", {}, 15.0}, Network{"izhikevich_patterns", {}, 200.0},
                    Network{"grid_waves", {}, 60.0},
                    Network{"microcircuit", {"scale.neurons=0.02", "scale.in_degrees=0.02"}, 60.0},
                    Network{"song_abbott", {}, 300.0}, Network{"inhibitory_plasticity", {}, 100.0},
                    Network{"brunel_stdp",
                            {"projections.0.connect.n=80", "projections.1.connect.n=80",
                             "projections.2.connect.n=20", "projections.3.connect.n=20"},
                            30.0}),
    [](const testing::TestParamInfo<Network>& n) { return std::string(n.param.model); });

SimulationSpec model(const std::string& rest) {
    return parse_simulation("name: test\ndt: 0.1 ms\nsimulate: {duration: 100 ms}\n" + rest,
                            "test.yaml");
}

TEST(RanksOf, AllKindsOfSynapsesAndGapJunctions) {
    const SimulationSpec spec = all_kinds();
    const auto one = make_engine(spec, {.threads = 1});
    const std::vector<Sent> wanted = run(*one, 1000);
    EXPECT_GT(wanted.size(), 100u);
    const std::vector<StateSamples> states = one->take_states();
    for (const int ranks : {2, 3, 7}) {
        on_ranks(ranks, 2, spec, [&](Engine& engine, Exchange& exchange) {
            const std::vector<Sent> spikes = run(engine, 1000, 313);
            const std::vector<StateSamples> recorded = engine.take_states();
            const std::vector<SynapticWork> work = engine.work();
            if (!exchange.leads()) return;
            EXPECT_EQ(spikes, wanted) << ranks;
            ASSERT_EQ(recorded.size(), states.size());
            for (std::size_t r = 0; r < states.size(); ++r) {
                EXPECT_EQ(recorded[r].step, states[r].step);
                EXPECT_EQ(recorded[r].values, states[r].values);
            }
            EXPECT_EQ(engine.report().synapses, one->report().synapses);
            EXPECT_EQ(engine.report().projection_synapses, one->report().projection_synapses);
            for (std::size_t k = 0; k < work.size(); ++k) {
                EXPECT_EQ(work[k].events, one->work()[k].events);
                EXPECT_EQ(work[k].operations, one->work()[k].operations);
            }
        });
    }
}

/// What a program may ask of an engine, one after the other.
struct Asked {
    std::vector<Sent> spikes;
    std::vector<std::uint32_t> counted;
    std::vector<std::uint64_t> counts;
    std::vector<StateSamples> weights;
    std::vector<ProjectionWeights> last;
    std::vector<SynapticWork> work;
    EngineState state;
};
Asked ask(const SimulationSpec& spec, Engine& engine) {
    Asked out;
    const auto go = [&](std::int64_t steps) {
        for (const Sent& s : run(engine, steps, 700)) out.spikes.push_back(s);
    };
    go(2000);
    const EngineState early = engine.state();
    const auto inputs = static_cast<std::size_t>(spec.populations[0].size);
    engine.set_rates(0, std::vector<double>(inputs, 40.0));
    engine.count_spikes(0);
    go(1000);
    out.counted = engine.counted_spikes(0);
    std::vector<std::uint8_t> silent(inputs);
    std::fill_n(silent.begin(), inputs / 2, std::uint8_t{1});
    engine.silence(0, silent);
    engine.normalise(0, 100.0);
    go(1000);
    engine.set_state(early);
    engine.set_plastic(false);
    go(500);
    engine.set_plastic(true);
    go(1500);
    out.weights = engine.take_weights();
    out.last = engine.weights();
    out.counts = engine.spike_counts();
    out.work = engine.work();
    out.state = engine.state();
    return out;
}

TEST(RanksOf, TheFirstLeadsTheOthers) {
    const SimulationSpec spec = shipped(
        "song_abbott",
        {"record.0.interval=100 ms", "record.1.interval=100 ms", "populations.cell.size=40"});
    const Asked wanted = ask(spec, *make_engine(spec, {.threads = 1}));
    EXPECT_GT(wanted.spikes.size(), 1000u);
    ASSERT_FALSE(wanted.weights.at(0).values.empty());
    for (const int ranks : {2, 3}) {
        ThreadRanks(ranks).run([&](Exchange& exchange) {
            if (!exchange.leads()) return follow(spec, {.threads = 1}, exchange);
            const Asked got = ask(spec, *make_leading_engine(spec, {.threads = 2}, exchange));
            EXPECT_EQ(got.spikes, wanted.spikes);
            EXPECT_EQ(got.counted, wanted.counted);
            EXPECT_EQ(got.counts, wanted.counts);
            EXPECT_EQ(got.weights.at(0).step, wanted.weights[0].step);
            EXPECT_EQ(got.weights[0].values, wanted.weights[0].values);
            EXPECT_EQ(got.last.at(0).source, wanted.last.at(0).source);
            EXPECT_EQ(got.last[0].target, wanted.last[0].target);
            EXPECT_EQ(got.last[0].weight, wanted.last[0].weight);
            EXPECT_EQ(got.work.at(0).operations, wanted.work.at(0).operations);
            EXPECT_EQ(got.state.states, wanted.state.states);
            EXPECT_EQ(got.state.plastic.at(0).weight, wanted.state.plastic.at(0).weight);
            EXPECT_EQ(got.state.plastic[0].post_step, wanted.state.plastic[0].post_step);
        });
    }
}

TEST(RanksOf, AFollowerThatFailsIsNamed) {
    const SimulationSpec spec = shipped("song_abbott", {});
    SimulationSpec wrong = spec;
    wrong.projections[0].weight.high = 5.0;  // beyond w_max
    try {
        ThreadRanks(3).run([&](Exchange& exchange) {
            if (exchange.rank() == 2) return follow(wrong, {.threads = 1}, exchange);
            if (exchange.rank() == 1) return follow(spec, {.threads = 1}, exchange);
            try {
                make_leading_engine(spec, {.threads = 1}, exchange)->advance(10);
                ADD_FAILURE() << "nobody failed";
            } catch (const RankError& e) {
                EXPECT_EQ(std::string(e.what()).find("rank 2: "), 0u) << e.what();
                EXPECT_NE(std::string(e.what()).find("w_max"), std::string::npos) << e.what();
                EXPECT_TRUE(e.of_user);
                EXPECT_EQ(e.what(), "rank 2: " + e.said);
                throw;
            }
        });
    } catch (const std::exception&) {  // of rank 2 itself
    }
}

TEST(RanksOf, EachHoldsItsShareOfTheSynapses) {
    const SimulationSpec spec = shipped("cuba", {});
    const std::size_t all = build_synapses(spec, Layout(spec, 1), 1).rows.words();
    for (const int ranks : {2, 4}) {
        ThreadRanks(ranks).run([&](Exchange& exchange) {
            const Layout layout(spec, ThreadShare(exchange.rank(), 1, ranks));
            const Synapses mine = build_synapses(spec, layout, 1, storage_of, exchange);
            EXPECT_NEAR(static_cast<double>(mine.rows.words()), static_cast<double>(all) / ranks,
                        0.02 * static_cast<double>(all));
            std::uint64_t count = 0;
            for (const std::uint64_t n : mine.counts) count += n;
            EXPECT_EQ(count, all);
        });
    }
}

TEST(RanksOf, AllHearOfTheFirstStateThatStrays) {
    const SimulationSpec spec = model(
        "populations:\n"
        "  a: {model: iaf_psc_exp, size: 40}\n"
        "  b: {model: iaf_psc_exp, size: 2, c_m: 0.001 pF, i_e: -3e38 pA}\n");
    std::string wanted;
    try {
        make_engine(spec, {.threads = 1})->advance(1000);
    } catch (const NumericalError& e) {
        wanted = e.what();
    }
    ASSERT_NE(wanted, "");
    on_ranks(3, 1, spec, [&](Engine& engine, Exchange&) {
        try {
            engine.advance(1000);
            ADD_FAILURE() << "no rank heard of it";
        } catch (const NumericalError& e) {
            EXPECT_EQ(e.what(), wanted);
        }
    });
}

TEST(RanksOf, TwoOnOneGpuAreRefused) {
    const auto take = [](const std::vector<std::string>& ids) {
        ThreadRanks(static_cast<int>(ids.size())).run([&](Exchange& exchange) {
            require_own_device(exchange, ids[static_cast<std::size_t>(exchange.rank())],
                               "GPU, device " + std::to_string(exchange.rank() % 2));
        });
    };
    take({"a", "b", "c"});
    take({"", "", ""});  // no GPUs
    try {
        take({"a", "b", "a", "b"});
        ADD_FAILURE() << "two ranks share a GPU";
    } catch (const UsageError& e) {
        EXPECT_NE(std::string(e.what()).find("ranks 0 and 2 would share a GPU (GPU, device 0)"),
                  std::string::npos)
            << e.what();
    }
}

TEST(RanksOf, OneThatFailsEndsTheOthers) {
    const SimulationSpec spec = shipped("cuba", {});
    try {
        on_ranks(3, 1, spec, [&](Engine& engine, Exchange& exchange) {
            engine.advance(10);
            if (exchange.rank() == 1) throw DataError("rank 1 has had enough");
            try {
                engine.advance(1000);
                ADD_FAILURE() << "rank " << exchange.rank() << " went on";
            } catch (const RankError& e) {
                EXPECT_STREQ(e.what(), "rank 1: rank 1 has had enough");
                EXPECT_FALSE(e.of_user);
                throw;
            }
        });
        ADD_FAILURE() << "nothing was thrown";
    } catch (const DataError& e) {
        EXPECT_STREQ(e.what(), "rank 1 has had enough");
    }
}

}  // namespace
}  // namespace snnsim
