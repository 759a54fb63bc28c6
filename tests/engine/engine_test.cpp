// The event-driven engine: what arrives when, and the same spikes whatever the layout.
#include "snnsim/engine.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/synapse_rows.hpp"
#include "tests/engine/sent_spikes.hpp"

namespace snnsim {
namespace {

SimulationSpec model(const std::string& populations, const std::string& rest,
                     const std::string& dt = "0.1 ms") {
    return parse_simulation("name: test\ndt: " + dt +
                                "\nsimulate: {duration: 100 ms}\npopulations:\n" + populations +
                                rest,
                            "test.yaml");
}

const std::string relay =
    "{model: iaf_psc_delta, tau_m: 10 ms, e_l: 0 mV, v_th: 1 mV, v_reset: 0 mV, t_ref: 0 ms, "
    "size: ";

TEST(Engine, ASpikeArrivesAfterItsDelay) {
    // The current brings `a` to fire in some step; `b` gets it after 2.3 ms and fires at once.
    const SimulationSpec spec =
        model("  a: " + relay + "1}\n  b: " + relay + "20}\n",
              "projections: [{from: a, to: b, connect: all_to_all, weight: 2 mV, delay: 2.3 ms}]\n"
              "stimuli: [{to: a, kind: dc, amplitude: 1 nA, start: 5 ms, stop: 5.3 ms}]\n");
    const std::vector<Sent> spikes = run(*make_engine(spec, {.threads = 2}), 200);
    ASSERT_EQ(spikes.size(), 21u);
    EXPECT_EQ(spikes[0].step, 53u);  // 0.4 mV a step: found in the step that ends at 5.3 ms
    for (std::size_t k = 1; k < 21; ++k) {
        EXPECT_EQ(spikes[k], (Sent{53 + 23, 1, static_cast<std::uint32_t>(k - 1), 1.0f}));
    }
}

/// Two populations with every kind of thing that draws random numbers.
SimulationSpec busy_network() {
    return model(
        "  E: &cell {model: iaf_psc_exp, size: 403, tau_m: 20 ms, tau_syn_ex: 5 ms, tau_syn_in: 10 "
        "ms, "
        "c_m: 200 pF, e_l: -49 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 5 ms, "
        "initial: {v: {distribution: uniform, low: -60 mV, high: -50 mV}}}\n"
        "  I: {<<: *cell, size: 97, tau_m: {distribution: normal, mean: 20 ms, std: 2 ms, low: 1 "
        "ms}}\n"
        "  S: {model: poisson_source, size: 50, rate: 50 Hz}\n",
        "projections:\n"
        "  - {from: E, to: E, connect: {rule: fixed_probability, p: 0.1}, weight: {distribution: "
        "normal, "
        "mean: 20 pA, std: 4 pA, low: 0 pA}, delay: {distribution: normal, mean: 1.5 ms, std: 0.7 "
        "ms, "
        "low: 0.1 ms}}\n"
        "  - {from: E, to: I, connect: {rule: fixed_in_degree, n: 40}, weight: 20 pA, delay: 0.8 "
        "ms}\n"
        "  - {from: I, to: E, connect: {rule: fixed_total_number, n: 6000}, weight: -90 pA, delay: "
        "{distribution: uniform, low: 0.3 ms, high: 0.9 ms}}\n"
        "  - {from: I, to: I, connect: {rule: fixed_out_degree, n: 20, autapses: false, multapses: "
        "false}, weight: -90 pA, delay: 0.3 ms}\n"
        "  - {from: S, to: E, connect: {rule: fixed_out_degree, n: 30}, weight: 25 pA, delay: 1 "
        "ms}\n"
        "stimuli:\n"
        "  - {to: I, kind: poisson, rate: 3 kHz, weight: 12 pA}\n"
        "  - {to: E, kind: noise, std: 30 pA}\n"
        "  - {to: E, kind: dc, amplitude: {distribution: normal, mean: 10 pA, std: 3 pA}, stop: 50 "
        "ms}\n");
}

TEST(Engine, TheSameSpikesOnAnyNumberOfThreadsAndWithAnyBlock) {
    const SimulationSpec spec = busy_network();
    const std::vector<Sent> wanted = run(spec, 1);
    EXPECT_GT(wanted.size(), 300u);
    std::set<std::uint32_t> populations;
    for (const Sent& s : wanted) populations.insert(s.population);
    EXPECT_EQ(populations.size(), 3u);
    for (const int threads : {1, 2, 3, 7}) {
        for (const std::int64_t block : {1, 13, 1000}) {
            EXPECT_EQ(run(spec, threads, block), wanted) << threads << " threads, " << block;
        }
    }
    SimulationSpec other = spec;
    other.seed = 2;
    EXPECT_NE(run(other, 1), wanted);
}

TEST(Engine, GoesOnFromAStateOnOtherThreads) {
    const SimulationSpec spec = busy_network();
    const std::vector<Sent> wanted = run(spec, 1);
    for (const auto& [before, after] : {std::pair{1, 2}, {3, 1}, {2, 5}}) {
        for (const std::int64_t at : {1, 7, 437}) {
            const auto first = make_engine(spec, {.threads = before});
            std::vector<Sent> got = run(*first, at);
            const auto second = make_engine(spec, {.threads = after});
            second->advance(50);  // whatever it did is forgotten
            second->take_spikes();
            second->set_state(first->state());
            EXPECT_EQ(second->now(), at);
            const std::vector<Sent> rest = run(*second, 1000 - at);
            got.insert(got.end(), rest.begin(), rest.end());
            EXPECT_EQ(got, wanted) << before << " to " << after << " threads at step " << at;
            std::uint64_t counted = 0;
            for (const std::uint64_t n : second->spike_counts()) counted += n;
            EXPECT_EQ(counted, wanted.size());
        }
    }
}

TEST(Engine, StatesAreRecordedAtTheirTimes) {
    const SimulationSpec spec =
        model("  a: {model: iaf_psc_exp, size: 40, i_e: 100 pA}\n",
              "record:\n  - {population: a, what: v, cells: 33, interval: 0.5 ms}\n");
    for (const int threads : {1, 3}) {
        const auto engine = make_engine(spec, {.threads = threads});
        std::vector<std::uint32_t> steps;
        std::vector<float> values;
        for (const std::int64_t block : {7, 1, 22, 70}) {
            engine->advance(block);
            const std::vector<StateSamples> part = engine->take_states();
            ASSERT_EQ(part.size(), 1u);
            steps.insert(steps.end(), part[0].step.begin(), part[0].step.end());
            values.insert(values.end(), part[0].values.begin(), part[0].values.end());
        }
        ASSERT_EQ(steps.size(), 20u);
        ASSERT_EQ(values.size(), 20u * 33u);
        for (std::size_t k = 0; k < 20; ++k) {
            EXPECT_EQ(steps[k], 5 * (k + 1));
            const double t = 0.5 * static_cast<double>(k + 1);
            const double v = -70.0 + 100.0 * 10.0 / 250.0 * (1.0 - std::exp(-t / 10.0));
            for (std::size_t i = 0; i < 33; ++i) EXPECT_NEAR(values[k * 33 + i], v, 1e-4);
        }
    }
}

TEST(Engine, ParametersOfOneDrawVaryTogether) {
    const SimulationSpec spec = model(
        "  a: {model: iaf_psc_exp, size: 50, v_th: 0 mV, e_l: {distribution: uniform, low: -70 mV, "
        "high: -60 mV, draw: r}, i_e: {distribution: uniform, low: 90 pA, high: 0 pA, draw: r}}\n",
        "record: [{population: a, what: v}]\n");
    const auto engine = make_engine(spec, {});
    engine->advance(100);
    const std::vector<float> v = engine->take_states()[0].values;
    std::set<float> different;
    for (std::size_t i = 0; i < 50; ++i) {
        // v - e_l = i_e tau / C (1 - exp(-t / tau)); two times give i_e, and that the draw.
        const double gain = 10.0 / 250.0 * (std::exp(-0.01) - std::exp(-1.0));
        const double current = (v[99 * 50 + i] - v[i]) / gain, r = 1.0 - current / 90.0;
        EXPECT_NEAR(v[i] - current * 10.0 / 250.0 * (1.0 - std::exp(-0.01)), -70.0 + 10.0 * r,
                    1e-3);
        different.insert(v[i]);
    }
    EXPECT_GT(different.size(), 45u);
}

TEST(Engine, InputsAreSumsOfWhatArrived) {
    // `a` and `c` fire from 5.3 ms on in every third step; b gets it 1 ms later.
    const SimulationSpec spec = model(
        "  a: " + relay +
            "1}\n  b: {model: iaf_psc_exp, size: 40, tau_syn_in: 3 ms}\n  c: " + relay + "1}\n",
        "projections:\n"
        "  - {from: a, to: b, connect: all_to_all, weight: 2 pA, delay: 1 ms}\n"
        "  - {from: c, to: b, connect: all_to_all, weight: -0.5 pA, delay: 1 ms}\n"
        "stimuli:\n"
        "  - {to: a, kind: dc, amplitude: 1 nA, start: 5 ms}\n"
        "  - {to: c, kind: dc, amplitude: 1 nA, start: 5 ms}\n"
        "  - {to: b, kind: dc, amplitude: 7 pA, start: 5 ms}\n"
        "record:\n"
        "  - {population: b, what: input, cells: 33, interval: 1 ms}\n"
        "  - {population: b, what: input_in, interval: 1 ms}\n"
        "  - {population: b, what: current, interval: 1 ms}\n");
    std::vector<std::vector<float>> first;
    for (const int threads : {1, 3}) {
        auto engine = make_engine(spec, {.threads = threads});
        std::vector<std::vector<float>> values(3);
        double spikes = 0.0;  // that have arrived at the end
        for (const std::int64_t steps : {67, 4, 29}) {
            engine->advance(steps);
            for (const std::uint32_t step : engine->take_spikes().step)
                spikes += step <= 90 ? 0.5 : 0.0;  // of each
            const std::vector<StateSamples> part = engine->take_states();
            for (std::size_t r = 0; r < 3; ++r)
                values[r].insert(values[r].end(), part[r].values.begin(), part[r].values.end());
            auto other = make_engine(spec, {.threads = 2});  // in the middle of an interval
            other->set_state(engine->state());
            engine = std::move(other);
        }
        ASSERT_EQ(values[0].size(), 10u * 33u);
        ASSERT_EQ(values[1].size(), 10u * 40u);
        EXPECT_GT(spikes, 10.0);
        for (const std::size_t cell : {0, 32}) {
            double both = 0.0, in = 0.0;
            for (std::size_t k = 0; k < 10; ++k) {
                both += values[0][k * 33 + cell];
                in += values[1][k * 40 + cell];
            }
            EXPECT_NEAR(both, 1.5 * spikes, 1e-2);
            EXPECT_NEAR(in, -0.5 * spikes, 1e-2);
        }
        EXPECT_EQ(values[2][4 * 40], 0.0f);
        EXPECT_EQ(values[2][5 * 40], 7.0f);
        if (first.empty()) first = values;
        EXPECT_EQ(values, first);
    }
}

TEST(Engine, TakesTheStatesThatWereNotFetchedToo) {
    const SimulationSpec spec =
        model("  a: {model: iaf_psc_exp, size: 3}\n", "record: [{population: a, what: i_ex}]\n");
    const auto engine = make_engine(spec, {});
    engine->advance(5);
    engine->advance(6);
    const std::vector<StateSamples> part = engine->take_states();
    EXPECT_EQ(part[0].step.size(), 11u);
    EXPECT_EQ(part[0].values.size(), 33u);
}

TEST(Engine, AStateThatIsNoNumberStopsTheRun) {
    const SimulationSpec spec =
        model("  a: {model: iaf_psc_exp, size: 2, c_m: 0.001 pF, i_e: -3e38 pA}\n", "");
    for (const int threads : {1, 2}) {
        const auto engine = make_engine(spec, {.threads = threads});
        try {
            engine->advance(200);
            FAIL();
        } catch (const NumericalError& e) {
            EXPECT_EQ(e.step, 32);
            EXPECT_NE(std::string(e.what()).find("cell 0 of 'a'"), std::string::npos) << e.what();
        }
    }
}

/// All synapses as (source, target, weight, delay), by population pair of the first projection.
struct Drawn {
    std::vector<std::uint32_t> source, target, delay;
    std::vector<int> weight;
};
Drawn draw(const SimulationSpec& spec, int threads) {
    const Layout layout(spec, threads);
    const Synapses s = build_synapses(spec, layout, threads);
    const std::size_t to = spec.projections[0].from == spec.projections[0].to ? 0 : 1;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> cell_at;  // block, slot
    for (std::uint32_t b = 0; b < layout.blocks.size(); ++b) {
        const Slice& slice = layout.blocks[b].slices[to];
        for (std::uint32_t r = 0; r < layout.populations[to].receptors; ++r) {
            for (std::uint32_t i = 0; i < slice.count; ++i)
                cell_at[{b, slice.slot + r * slice.padded() + i}] = slice.first + i;
        }
    }
    Drawn out;
    const DelayRange delays = s.rows.delays[0];
    for (std::uint32_t j = 0; j < layout.populations[0].size; ++j) {
        const std::uint32_t* edge = s.rows.edges(0, j);
        for (std::uint32_t segment = 0; segment < s.rows.blocks * delays.count; ++segment) {
            for (std::uint32_t k = edge[segment]; k < edge[segment + 1]; ++k) {
                const PackedSynapse synapse = s.rows.synapses[s.rows.row_start[j] + k];
                out.source.push_back(j);
                out.target.push_back(cell_at.at({segment / delays.count, slot_of(synapse)}));
                out.delay.push_back(delays.first + segment % delays.count);
                out.weight.push_back(weight_of(synapse));
            }
        }
    }
    return out;
}
SimulationSpec connected(const std::string& connect, const std::string& to = "a",
                         const std::string& more = "weight: 1 mV") {
    return model(
        "  a: " + relay + "300}\n  b: " + relay + "200}\n",
        "projections: [{from: a, to: " + to + ", connect: " + connect + ", " + more + "}]\n");
}
std::map<std::uint32_t, int> counted(const std::vector<std::uint32_t>& of) {
    std::map<std::uint32_t, int> count;
    for (const std::uint32_t x : of) ++count[x];
    return count;
}
bool repeats(const Drawn& d) {
    std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (std::size_t k = 0; k < d.source.size(); ++k) pairs.insert({d.source[k], d.target[k]});
    return pairs.size() != d.source.size();
}
bool has_autapse(const Drawn& d) {
    for (std::size_t k = 0; k < d.source.size(); ++k) {
        if (d.source[k] == d.target[k]) return true;
    }
    return false;
}

TEST(Connect, AllToAllAndOneToOne) {
    // With one delay, no targets would be stored.
    const std::string rows = "weight: 1 mV, delay: {distribution: uniform, low: 1 ms, high: 2 ms}";
    const Drawn all = draw(connected("all_to_all", "b", rows), 2);
    EXPECT_EQ(all.source.size(), 300u * 200u);
    EXPECT_FALSE(repeats(all));
    const Drawn others = draw(connected("{rule: all_to_all, autapses: false}", "a", rows), 2);
    EXPECT_EQ(others.source.size(), 300u * 299u);
    EXPECT_FALSE(has_autapse(others));
    SimulationSpec two = connected("all_to_all", "b", rows);
    two.projections[0].connect.own = false;
    two.populations[1].size = 300;
    const Drawn but_own = draw(two, 2);
    EXPECT_EQ(but_own.source.size(), 300u * 299u);
    EXPECT_FALSE(repeats(but_own));
    EXPECT_FALSE(has_autapse(but_own));
    const Drawn one = draw(connected("one_to_one"), 2);
    EXPECT_EQ(one.source, one.target);
    EXPECT_EQ(one.source.size(), 300u);
}

TEST(Connect, BlocksShareOutTheLargerPopulation) {
    SimulationSpec spec = connected("all_to_all", "b");
    spec.projections[0].connect.rule = Rule::blocks;
    for (const auto& [sources, targets] : {std::pair{300, 100}, std::pair{100, 300}}) {
        spec.populations[0].size = sources;
        spec.populations[1].size = targets;
        const Drawn d = draw(spec, 2);
        ASSERT_EQ(d.source.size(), 300u);
        for (std::size_t k = 0; k < d.source.size(); ++k) {
            if (sources > targets) {
                EXPECT_EQ(d.target[k], d.source[k] / 3);
            } else {
                EXPECT_EQ(d.source[k], d.target[k] / 3);
            }
        }
    }
}

TEST(Connect, FixedProbabilityConnectsEveryPairAlike) {
    for (const double p : {0.1, 0.8}) {
        const Drawn d =
            draw(connected("{rule: fixed_probability, p: " + std::to_string(p) + "}"), 2);
        const double n = 300.0 * 300.0;
        EXPECT_NEAR(static_cast<double>(d.source.size()), n * p,
                    4.0 * std::sqrt(n * p * (1.0 - p)));
        EXPECT_FALSE(repeats(d));
        EXPECT_TRUE(has_autapse(d));
        double squares = 0.0;  // of in-degrees, which are binomial too
        for (const auto& [target, count] : counted(d.target))
            squares += std::pow(count - 300.0 * p, 2);
        EXPECT_NEAR(squares / 300.0 / (300.0 * p * (1.0 - p)), 1.0, 0.35);
    }
}

TEST(Connect, FixedInDegree) {
    for (const char* more : {"", ", multapses: false", ", multapses: false, autapses: false"}) {
        const Drawn d =
            draw(connected(std::string("{rule: fixed_in_degree, n: 120") + more + "}"), 3);
        const auto degrees = counted(d.target);
        EXPECT_EQ(degrees.size(), 300u);
        for (const auto& [target, count] : degrees) EXPECT_EQ(count, 120);
        EXPECT_EQ(repeats(d), !*more);
        EXPECT_EQ(has_autapse(d), std::string(more).find("autapses") == std::string::npos);
    }
}

TEST(Connect, FixedOutDegreeAndTotalNumber) {
    const Drawn out = draw(connected("{rule: fixed_out_degree, n: 250, multapses: false}"), 2);
    for (const auto& [source, count] : counted(out.source)) EXPECT_EQ(count, 250);
    EXPECT_FALSE(repeats(out));
    const Drawn total = draw(connected("{rule: fixed_total_number, n: 30001}", "b"), 2);
    EXPECT_EQ(total.source.size(), 30001u);
    double squares = 0.0;
    for (const auto& [source, count] : counted(total.source))
        squares += std::pow(count - 30001.0 / 300.0, 2);
    EXPECT_NEAR(squares / 300.0 / 100.0, 1.0, 0.35);  // close to Poisson
}

TEST(Connect, TheSameSynapsesForAnyLayout) {
    for (const char* rule : {"{rule: fixed_probability, p: 0.2}", "{rule: fixed_in_degree, n: 33}",
                             "{rule: fixed_total_number, n: 5000}"}) {
        const SimulationSpec spec = connected(
            rule, "b",
            "weight: {distribution: lognormal, mean: 1 mV, std: 0.5}, delay: {distribution: "
            "exponential, mean: 2 ms, low: 0.1 ms, high: 9 ms}");
        const auto sorted = [&](int threads) {
            const Drawn d = draw(spec, threads);
            std::multiset<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, int>> all;
            for (std::size_t k = 0; k < d.source.size(); ++k)
                all.insert({d.source[k], d.target[k], d.delay[k], d.weight[k]});
            return all;
        };
        const auto wanted = sorted(1);
        EXPECT_EQ(sorted(2), wanted);
        EXPECT_EQ(sorted(5), wanted);
    }
}

TEST(Connect, SeveralProjectionsBetweenTheSamePopulations) {
    const std::string one =
        "{from: a, to: b, connect: {rule: fixed_out_degree, n: 20}, weight: 1 mV}";
    const std::string two =
        "{from: a, to: b, name: more, connect: {rule: fixed_probability, p: 0.1}, weight: 2 mV}";
    const auto drawn = [&](const std::string& projections) {
        const Drawn d = draw(model("  a: " + relay + "300}\n  b: " + relay + "200}\n",
                                   "projections: [" + projections + "]\n"),
                             2);
        return d.source.size();
    };
    EXPECT_EQ(drawn(one), 6000u);
    EXPECT_GT(drawn(one + ", " + two), 6000u + 5000u);
}

TEST(Connect, WeightsAndDelaysHaveTheirDistribution) {
    const SimulationSpec spec = connected(
        "{rule: fixed_probability, p: 0.5}", "b",
        "weight: {distribution: normal, mean: 2 mV, std: 0.5 mV, low: 0 mV}, delay: {distribution: "
        "uniform, low: 1 ms, high: 3 ms}");
    const Drawn d = draw(spec, 2);
    const Layout layout(spec, 2);
    const double unit = 1.0 / build_synapses(spec, layout, 2).grid.scale[1][0];
    EXPECT_LT(unit, 2.5e-4);  // 16 bits for at most 4.1 mV
    const auto n = static_cast<double>(d.weight.size());
    double mean = 0.0, squares = 0.0, delay = 0.0;
    for (std::size_t k = 0; k < d.weight.size(); ++k) {
        mean += d.weight[k] * unit / n;
        squares += std::pow(d.weight[k] * unit - 2.0, 2) / n;
        delay += d.delay[k] * 0.1 / n;
        EXPECT_GE(d.delay[k], 10u);
        EXPECT_LE(d.delay[k], 30u);
    }
    EXPECT_NEAR(mean, 2.0, 0.02);
    EXPECT_NEAR(std::sqrt(squares), 0.5, 0.01);
    EXPECT_NEAR(delay, 2.0, 0.02);
}

}  // namespace
}  // namespace snnsim
