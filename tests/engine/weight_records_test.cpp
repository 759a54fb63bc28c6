// Records of weights, and learning rates that change, against what is known to be right.
#include <gtest/gtest.h>

#include <cmath>

#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "tests/engine/serial_engine.hpp"

namespace snnsim {
namespace {

/// One plastic projection among cells that fire, with `rule`.
SimulationSpec network(const std::string& rule, const std::string& record) {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 100 ms}\npopulations:\n"
        "  E: {model: iaf_psc_exp, size: 40, tau_m: 20 ms, tau_syn_ex: 5 ms, tau_syn_in: 10 ms, "
        "c_m: 200 pF, e_l: -48 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 2 ms, initial: {v: "
        "{distribution: uniform, low: -60 mV, high: -50 mV}}}\nprojections:\n"
        "  - {from: E, to: E, connect: {rule: all_to_all, autapses: false}, weight: {distribution: "
        "uniform, low: 4 pA, high: 6 pA}, delay: {distribution: uniform, low: 0.3 ms, high: 3 ms}, "
        "plasticity: {w_max: 10 pA, w_min: 1 pA, rule: " +
            rule + "}}\nrecord:\n" + record,
        "test.yaml");
}
const std::vector<std::string> rules{
    "stdp, a_plus: 0.05, a_minus: 0.05", "stdp, a_plus: 0.05, a_minus: 0.05, dendritic: true",
    "stdp_pre_centred, a_plus: 0.05, a_minus: 0.05, normalise: {sum: 180 pA, interval: 20 ms}",
    "triplet, learning_rate: 3, dendritic: true, schedule: {times: [30 ms], factors: [0.5]}",
    "reward_stdp, a_plus: 1, baseline: -1, interval: 7 ms"};

/// Single synapses, with a snapshot after every step beside them.
const std::string records =
    "  - {projection: E_to_E, what: weight, interval: 0.1 ms}\n"
    "  - {projection: E_to_E, what: weight, synapses: [[3, 5], [39, 0], [0, 39], [20, 21]]}\n"
    "  - {projection: E_to_E, what: weight_histogram, bins: 9, interval: 10 ms}\n";

TEST(WeightRecords, SingleSynapsesAreRecordedAtEveryStepThatChangesThem) {
    for (const std::string& rule : rules) {
        const SimulationSpec spec = network(rule, records);
        const auto engine = make_engine(spec, {.threads = 2});
        const ProjectionWeights start = engine->weights()[0];
        engine->advance(spec.steps());
        const std::vector<StateSamples> got = engine->take_weights();
        const std::size_t width = start.weight.size();
        ASSERT_EQ(got[0].step.size(), 1000u);
        std::vector<std::uint32_t> step;
        std::vector<float> values, last(4, -1.0f);
        for (std::size_t t = 0; t < 1000; ++t) {
            for (std::size_t k = 0; k < 4; ++k) {
                std::size_t n = 0;
                const std::vector<std::int64_t>& pair = spec.record[1].synapses[k];
                while (start.source[n] != pair[0] || start.target[n] != pair[1]) ++n;
                const float w = got[0].values[t * width + n];
                if (w == last[k]) continue;
                last[k] = w;
                step.push_back(got[0].step[t]);
                values.push_back(static_cast<float>(k));
                values.push_back(w);
            }
        }
        EXPECT_GT(step.size(), 20u) << rule;
        EXPECT_EQ(got[1].step, step) << rule;
        EXPECT_EQ(got[1].values, values) << rule;
    }
}

/// A source fires at 5 ms, its target, driven by another, at 9 ms; the delay is 3 ms. Records of
/// every step and of changes of the one synapse, as (ms, weight), without the first.
std::vector<std::pair<double, float>> changes_of(const std::string& rule, Engine& engine,
                                                 const SimulationSpec& spec) {
    engine.advance(spec.steps());
    const std::vector<StateSamples> got = engine.take_weights();
    std::vector<std::pair<double, float>> out;
    for (std::size_t k = 1; k < got[1].step.size(); ++k)
        out.emplace_back(0.1 * got[1].step[k], got[1].values[2 * k + 1]);
    std::size_t seen = 0;
    for (std::size_t k = 1; k < got[0].step.size(); ++k) {
        if (got[0].values[k] == got[0].values[k - 1]) continue;
        EXPECT_LT(seen, out.size()) << rule;
        if (seen >= out.size()) break;
        EXPECT_NEAR(0.1 * got[0].step[k], out[seen].first, 1e-9) << rule;
        EXPECT_EQ(got[0].values[k], out[seen].second) << rule;
        ++seen;
    }
    EXPECT_EQ(seen, out.size()) << rule;
    return out;
}
SimulationSpec one_pair(const std::string& more) {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 40 ms}\npopulations:\n"
        "  a: {model: regular_source, size: 1, rate: 50 Hz, first: 5 ms}\n"
        "  b: {model: regular_source, size: 1, rate: 1 Hz, first: 8 ms}\n"
        "  c: {model: iaf_psc_delta, size: 1}\nprojections:\n"
        "  - {from: b, to: c, connect: one_to_one, weight: 100 mV, delay: 1 ms}\n"
        "  - {from: a, to: c, connect: one_to_one, weight: 0.5 mV, delay: 3 ms, plasticity: {rule: "
        "stdp, a_plus: 0.02, a_minus: 0.01, tau_plus: 20 ms, tau_minus: 20 ms, w_max: 1 mV" +
            more +
            "}}\nrecord:\n  - {projection: a_to_c, what: weight, interval: 0.1 ms}\n"
            "  - {projection: a_to_c, what: weight, synapses: [[0, 0]]}\n",
        "test.yaml");
}

TEST(WeightRecords, ChangesHaveTheTimeAtWhichTheyReachTheSynapse) {
    for (const bool device : {false, true}) {
        for (const bool dendritic : {false, true}) {
            const SimulationSpec spec = one_pair(dendritic ? ", dendritic: true" : "");
            const auto engine = device ? make_serial_engine(spec, {}) : make_engine(spec, {});
            const auto got = changes_of(dendritic ? "dendritic" : "axonal", *engine, spec);
            // Spikes of a at 5 and 25 ms, of c at 9 ms. At the synapse: axonal, a at 8 and 28, c at
            // 9; dendritic, a at 5 and 25, c at 12, all recorded 3 ms later.
            const double rise = 0.02 * std::exp(-(dendritic ? 12.0 - 5.0 : 9.0 - 8.0) / 20.0);
            const double fall = 0.01 * std::exp(-(dendritic ? 25.0 - 12.0 : 28.0 - 9.0) / 20.0);
            ASSERT_EQ(got.size(), 2u) << dendritic;
            EXPECT_NEAR(got[0].first, dendritic ? 15.0 : 9.0, 1e-9) << dendritic;
            EXPECT_NEAR(got[0].second, 0.5 + rise, 1e-6) << dendritic;
            EXPECT_NEAR(got[1].first, 28.0, 1e-9) << dendritic;
            EXPECT_NEAR(got[1].second, 0.5 + rise - fall, 1e-6) << dendritic;
        }
    }
}

TEST(WeightRecords, HistogramsCountTheWeightsOfSnapshots) {
    const SimulationSpec spec = network(rules[0], records);
    const auto engine = make_engine(spec, {.threads = 3});
    std::vector<std::uint64_t> counts, wanted;
    for (int part = 0; part < 4; ++part) {
        engine->advance(250);
        const std::vector<StateSamples> got = engine->take_weights();
        counts.insert(counts.end(), got[2].counts.begin(), got[2].counts.end());
        const std::size_t width = got[0].values.size() / got[0].step.size();
        for (std::size_t row = 0; row < got[0].step.size(); ++row) {
            if (got[0].step[row] % 100 != 0) continue;
            std::vector<std::uint64_t> bins(9);
            for (std::size_t k = 0; k < width; ++k) {
                const double share =
                    (static_cast<double>(got[0].values[row * width + k]) - 1.0) / 9.0;
                ++bins[static_cast<std::size_t>(std::clamp(std::floor(share * 9.0), 0.0, 8.0))];
            }
            wanted.insert(wanted.end(), bins.begin(), bins.end());
        }
    }
    EXPECT_EQ(counts.size(), 10u * 9u);
    EXPECT_EQ(counts, wanted);
}

TEST(WeightRecords, RefuseSynapsesThatAreNotThere) {
    const auto error = [](bool many) -> std::string {
        SimulationSpec spec = network(
            rules[0], "  - {projection: E_to_E, what: weight, synapses: [[3, 5], [4, 4]]}\n");
        if (many) {
            spec.projections[0].connect.rule = Rule::fixed_in_degree;
            spec.projections[0].connect.n = 400;
        }
        try {
            make_engine(spec, {});
        } catch (const ModelError& e) {
            return e.what();
        }
        return "no error";
    };
    EXPECT_EQ(error(false),
              "test.yaml:9:5: 'E_to_E' has no synapse from cell 4 to cell 4; list pairs that one "
              "synapse joins");
    EXPECT_NE(error(true).find(" synapses from cell 3 to cell 5; list"), std::string::npos);
}

TEST(LearningSchedule, ChangesTheRateAtItsTimes) {
    const auto with = [](const std::string& more) {
        return network("stdp, a_plus: 0.05, a_minus: 0.05" + more, records);
    };
    const auto weights = [](const SimulationSpec& spec, std::int64_t steps, int threads = 1,
                            std::int64_t block = 1000) {
        const auto engine = make_engine(spec, {.threads = threads});
        while (engine->now() < steps) engine->advance(std::min(block, steps - engine->now()));
        return engine->weights()[0].weight;
    };
    const SimulationSpec plain = with(""), twice = with(", learning_rate: 2"),
                         stops = with(", schedule: {times: [25 ms, 40.03 ms], factors: [2, 0]}");
    EXPECT_EQ(weights(stops, 250), weights(plain, 250));
    EXPECT_EQ(weights(stops, 1000), weights(stops, 400));
    EXPECT_NE(weights(stops, 400), weights(stops, 399));
    EXPECT_EQ(weights(with(", schedule: {times: [0 ms], factors: [2]}"), 1000),
              weights(twice, 1000));

    // The rate changes between two steps, as if the network went on with another model.
    const auto first = make_engine(plain, {}), second = make_engine(twice, {.threads = 3});
    first->advance(250);
    second->set_state(first->state());
    second->advance(150);
    const std::vector<float> wanted = second->weights()[0].weight;
    EXPECT_EQ(weights(stops, 1000), wanted);
    for (const int threads : {1, 2, 7}) EXPECT_EQ(weights(stops, 1000, threads, 37), wanted);

    for (const std::int64_t at : {249, 250, 300}) {
        const auto before = make_engine(stops, {.threads = 2}), after = make_engine(stops, {});
        before->advance(at);
        after->set_state(before->state());
        after->advance(1000 - at);
        EXPECT_EQ(after->weights()[0].weight, wanted) << at;
    }
}

}  // namespace
}  // namespace snnsim
