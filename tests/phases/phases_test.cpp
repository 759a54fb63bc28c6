// Phases of a simulation: what is shown when, what is counted, and going on from a checkpoint.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "snnsim/read_model.hpp"
#include "src/phases/outcome.hpp"
#include "src/phases/protocol.hpp"

namespace snnsim {
namespace {

/// Patterns reach cells one to one: a cell answers when its source fires.
SimulationSpec network(const std::string& phases) {
    return parse_simulation("name: test\ndt: 1 ms\nsimulate:\n  phases:\n" + phases + R"(
populations:
  S: {model: poisson_source, size: 40, rate: 100 Hz}
  E: {model: iaf_psc_delta, size: 40, tau_m: 10 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV, t_ref: 0 ms}
projections:
  - {from: S, to: E, connect: one_to_one, weight: 8 mV, delay: 1 ms,
     plasticity: {rule: reward_stdp, a_plus: 0.5, a_minus: 0.1, w_max: 40 mV}}
)",
                            "test.yaml");
}
const std::string patterns =
    "      present: {population: S, samples: patterns, patterns: {number: 4, cells: 10}, "
    "max_rate: 1 kHz, ";

struct Course {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> source, target;  // step, cell
    ProtocolState state;
    std::vector<float> weights;
};

/// Runs in pieces of `block` steps; after step `cut`, with a new engine from the saved state.
Course run(const SimulationSpec& spec, std::int64_t block = 1000, std::int64_t cut = -1) {
    Course out;
    auto engine = make_engine(spec, {.threads = 1});
    auto protocol = std::make_unique<Protocol>(spec, "");
    protocol->begin(*engine);
    while (!protocol->finished()) {
        const std::int64_t to = std::min(protocol->next(), engine->now() + block);
        engine->advance(to - engine->now());
        if (engine->now() == protocol->next()) protocol->act(*engine);
        const Spikes s = engine->take_spikes();
        for (std::size_t k = 0; k < s.size(); ++k)
            (s.population[k] == 0 ? out.source : out.target).emplace_back(s.step[k], s.cell[k]);
        if (cut < 0 || engine->now() < cut) continue;
        cut = -1;
        const EngineState state = engine->state();
        const ProtocolState course = protocol->state();
        engine = make_engine(spec, {.threads = 2});
        engine->set_state(state);
        protocol = std::make_unique<Protocol>(spec, "");
        protocol->restore(course, *engine);
    }
    out.state = protocol->state();
    for (const ProjectionWeights& w : engine->weights())
        out.weights.insert(out.weights.end(), w.weight.begin(), w.weight.end());
    return out;
}

TEST(Phases, ShowPatternsAtTheirTimes) {
    const SimulationSpec spec = network("    - name: only\n" + patterns +
                                        "count: 60, duration: 1 ms, rest: {distribution: uniform, "
                                        "low: 3 ms, high: 9 ms}, responses: E, window: 3 ms}\n");
    const Course r = run(spec);
    const Trials& t = r.state.trials;
    ASSERT_EQ(t.size(), 60u);
    std::set<std::uint32_t> gaps, shown;
    std::vector<std::set<std::uint32_t>> cells(4);
    for (std::size_t k = 0; k < t.size(); ++k) {
        ASSERT_LT(t.label[k], 4);
        std::set<std::uint32_t> fired;
        for (const auto& [step, cell] : r.source) {
            if (step == t.start[k] + 1) fired.insert(cell);
        }
        std::set<std::uint32_t>& pattern = cells[static_cast<std::size_t>(t.label[k])];
        if (pattern.empty()) pattern = fired;
        EXPECT_EQ(fired, pattern);
        EXPECT_EQ(fired.size(), 10u);
        EXPECT_EQ(t.stop[k], t.start[k] + 1);
        if (k > 0) gaps.insert(t.start[k] - t.start[k - 1]);
        shown.insert(t.sample[k]);
    }
    EXPECT_EQ(r.source.size(), 600u) << "and nothing fires between";
    EXPECT_GE(*gaps.begin(), 4u);
    EXPECT_LE(*gaps.rbegin(), 10u);
    EXPECT_GT(gaps.size(), 4u);
    EXPECT_EQ(shown.size(), 4u);
    EXPECT_NE(cells[0], cells[1]);
    for (std::size_t k = 0; k < t.size(); ++k) {
        std::uint32_t answered = 0;
        for (const auto& [step, cell] : r.target)
            answered += step > t.start[k] && step <= t.start[k] + 3;
        EXPECT_EQ(t.spikes[k], answered);
    }
}

TEST(Phases, OneAfterTheOther) {
    const SimulationSpec spec = network(
        "    - {name: quiet, duration: 50 ms, rates: [{population: S, rate: 0 Hz}]}\n"
        "    - {name: loud, duration: 100 ms, rates: [{population: S, rate: 1 kHz}]}\n"
        "    - {name: still_loud, duration: 10 ms, plastic: false}\n");
    const Course r = run(spec);
    const std::vector<PhaseOutcome> outcomes = phase_outcomes(spec, r.state);
    ASSERT_EQ(outcomes.size(), 3u);
    EXPECT_EQ(outcomes[0].spikes[0], 0u);
    EXPECT_EQ(outcomes[1].spikes[0], 4000u);
    EXPECT_EQ(outcomes[2].spikes[0], 400u);
    EXPECT_EQ(outcomes[1].start, 50.0);
    EXPECT_EQ(outcomes[2].stop, 160.0);
    EXPECT_EQ(outcomes[1].name, "loud");
}

TEST(Phases, CellsStandForPatterns) {
    // The cells of a pattern answer it alone, so they stand for it, and it is always recognised.
    const std::string shown = "duration: 3 ms, rest: 40 ms, responses: E, window: 10 ms, ";
    const SimulationSpec spec = network("    - name: learn\n" + patterns + shown +
                                        "count: 40, running: 20, assign: true}\n" +
                                        "    - name: test\n      plastic: false\n" + patterns +
                                        shown + "count: 30, evaluate: true}\n");
    const Course r = run(spec);
    const std::vector<PhaseOutcome> outcomes = phase_outcomes(spec, r.state);
    ASSERT_EQ(outcomes[0].assignment.size(), 40u);
    std::vector<int> patterns_of(40);
    for (std::size_t cell = 0; cell < 40; ++cell) {
        if (outcomes[0].assignment[cell] < 0) continue;
        std::set<std::int32_t> labels;
        for (const auto& [step, fired] : r.target) {
            if (fired != cell) continue;
            for (std::size_t k = 0; k < 40; ++k) {
                if (step > r.state.trials.start[k] && step <= r.state.trials.start[k] + 10)
                    labels.insert(r.state.trials.label[k]);
            }
        }
        EXPECT_TRUE(labels.contains(outcomes[0].assignment[cell])) << cell;
    }
    EXPECT_EQ(outcomes[1].samples, 30u);
    // The second phase has patterns of its own, which no cell was assigned to.
    ASSERT_TRUE(outcomes[1].accuracy);
    std::uint64_t right = 0, all = outcomes[1].unanswered;
    for (std::size_t c = 0; c < 16; ++c) all += outcomes[1].confusion[c];
    for (std::size_t c = 0; c < 4; ++c) right += outcomes[1].confusion[c * 5];
    EXPECT_EQ(all, 30u);
    EXPECT_DOUBLE_EQ(*outcomes[1].accuracy, static_cast<double>(right) / 30.0);
    ASSERT_EQ(outcomes[0].running_accuracy.size(), 1u);
    EXPECT_GT(outcomes[0].running_accuracy[0], 0.8);
}

TEST(Phases, RewardsByLabelAndByTime) {
    const std::string shown = "count: 50, duration: 2 ms, rest: 30 ms, responses: E, window: 10 ms";
    const auto weights = [&](const std::string& reward) {
        return run(network("    - name: only\n" + patterns + shown + reward)).weights;
    };
    const std::vector<float> without = weights("}\n");
    EXPECT_TRUE(std::all_of(without.begin(), without.end(), [](float w) { return w == 8.0f; }));
    const std::vector<float> some = weights(", reward: {amount: 0.01, label: 2, delay: 4 ms}}\n");
    const std::vector<float> all = weights(", reward: {amount: 0.01, delay: 4 ms}}\n");
    const auto change = [](const std::vector<float>& w) {
        double sum = 0.0;
        for (const float x : w) sum += std::abs(x - 8.0f);
        return sum;
    };
    EXPECT_GT(change(some), 1.0);
    EXPECT_GT(change(all), 1.5 * change(some));
    const SimulationSpec timed =
        network("    - {name: one, duration: 200 ms}\n  reward: {times: [100 ms], amounts: [5]}\n");
    EXPECT_GT(change(run(timed).weights), 0.1);
}

TEST(Phases, TheSameInPiecesAndAfterAResume) {
    const std::string shown =
        "duration: 2 ms, rest: {distribution: uniform, low: 5 ms, high: 30 ms}, "
        "responses: E, window: 6 ms, ";
    const SimulationSpec spec = network(
        "    - {name: before, duration: 20 ms}\n    - name: learn\n" + patterns + shown +
        "count: 30, running: 10, assign: true, reward: {amount: 3, label: 1, delay: {distribution: "
        "uniform, low: 0 ms, high: 90 ms}}}\n    - name: test\n      plastic: false\n" +
        patterns + shown + "count: 20, evaluate: true}\n");
    const Course whole = run(spec);
    for (const std::int64_t cut : {1, 21, 22, 100, 333, 700}) {
        const Course again = run(spec, 7, cut);
        EXPECT_EQ(again.source, whole.source) << cut;
        EXPECT_EQ(again.target, whole.target) << cut;
        EXPECT_EQ(again.weights, whole.weights) << cut;
        EXPECT_EQ(again.state.trials.prediction, whole.state.trials.prediction) << cut;
        EXPECT_EQ(again.state.log.spikes, whole.state.log.spikes) << cut;
    }
}

TEST(ClassResponses, AssignAndPredict) {
    ClassResponses r;
    r.clear(3, 4);
    r.add(0, {5, 0, 1, 0});
    r.add(0, {3, 0, 1, 0});
    r.add(2, {4, 1, 1, 0});
    EXPECT_EQ(r.assignment(), (std::vector<std::int32_t>{0, 2, 0, -1})) << "the first of equals";
    EXPECT_EQ(predicted_class({0, 2, 0, -1}, {1, 2, 1, 9}), 2) << "means over cells: 1 and 2";
    EXPECT_EQ(predicted_class({0, 2, 0, -1}, {2, 2, 2, 0}), 0);
    EXPECT_EQ(predicted_class({0, 2, 0, -1}, {0, 0, 0, 7}), -1);
}

}  // namespace
}  // namespace snnsim
