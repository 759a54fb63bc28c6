// What is left out because nothing would come of it: panels at rest, sums that are as wanted.
#include "src/engine/cells/resting.hpp"

#include <gtest/gtest.h>

#include "kernels/cells/iaf_psc_exp.hpp"
#include "kernels/plasticity/stdp.hpp"
#include "kernels/random.hpp"
#include "snnsim/engine.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/cells/seen_states.hpp"
#include "src/engine/plasticity/weight_sums.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"

namespace snnsim {
namespace {

/// Cells fall silent and wake up again.
SimulationSpec network() {
    return parse_simulation(R"(name: test
dt: 0.5 ms
simulate: {duration: 1 s}
populations:
  S: {model: poisson_source, size: 100, rate: 0 Hz}
  A: {model: lif_cond_adaptive, size: 50, tau_m: 10 ms, theta_plus: 0 mV, theta_0: 0 mV, v_th: -55 mV, initial: {v: -80 mV}}
  B: {model: iaf_psc_exp, size: 40, e_l: -65 mV, v_reset: -65 mV, v_th: -50 mV}
  C: {model: izhikevich, size: 20}
projections:
  - {from: S, to: A, connect: {rule: fixed_in_degree, n: 10}, weight: 4, delay: 1 ms}
  - {from: A, to: B, connect: {rule: fixed_in_degree, n: 20}, weight: 800 pA, delay: 2 ms}
  - {from: A, to: C, connect: {rule: fixed_in_degree, n: 20}, weight: 10, delay: 0.5 ms}
)",
                            "test.yaml");
}

/// Silent, shown something, silent for long, shown something.
std::vector<Sent> show(Engine& engine) {
    std::vector<Sent> spikes;
    std::vector<double> rates(100, 0.0);
    for (const std::int64_t steps : {200, 100, 900, 100, 150}) {
        engine.set_rates(0, rates);
        const std::vector<Sent> some = run(engine, steps);
        spikes.insert(spikes.end(), some.begin(), some.end());
        // A third of the sources: some panels of theirs stay silent.
        for (std::size_t k = 0; k < 35; ++k) rates[k] = rates[k] == 0.0 ? 100.0 : 0.0;
    }
    return spikes;
}

TEST(Resting, CellsHaveTheBitsOfThoseThatNeverRest) {
    const SimulationSpec spec = network();
    const auto works = make_serial_engine(spec, {});  // which steps every cell
    const std::vector<Sent> wanted = show(*works);
    std::vector<int> sent(4);
    for (const Sent& s : wanted) ++sent[s.population];
    for (const int count : sent) EXPECT_GT(count, 20);
    for (const int threads : {1, 3}) {
        const auto rests = make_engine(spec, {.threads = threads});
        EXPECT_EQ(show(*rests), wanted);
        EXPECT_EQ(rests->state().states, works->state().states);
    }
}

TEST(Resting, APanelIsSteppedAgainWhenSomethingArrives) {
    float state[4][8] = {};
    std::int32_t sums[8] = {}, others[8] = {};
    CellArrays cells;
    for (int k = 0; k < 4; ++k) cells.state[k] = state[k];
    cells.arriving[0] = sums;
    cells.arriving[1] = others;
    RestingPanels<IafPscExp, 8> panels;
    // A step that makes `v` what it is then; whether there was one.
    const auto step = [&](std::int64_t t, float v, bool fires = false) {
        if (!panels.asks_in(t)) return true;
        panels.start(t);
        if (!panels.needs_step(cells, 0)) return false;
        state[0][3] = v;
        panels.stepped(cells, 0, fires);
        return true;
    };
    panels.wake(8, [](std::uint32_t) { return true; });
    EXPECT_TRUE(step(15, 0.0f));  // nobody looks
    EXPECT_TRUE(step(16, 1.0f));
    EXPECT_TRUE(step(32, 1.0f, true));
    EXPECT_TRUE(step(48, 1.0f));  // at rest from here on
    for (std::int64_t t = 49; t < 66; ++t) EXPECT_FALSE(step(t, 1.0f));
    others[7] = -1;
    EXPECT_TRUE(step(66, 1.0f));
    others[7] = 0;
    EXPECT_TRUE(step(67, 1.0f));
    EXPECT_TRUE(step(80, 1.0f));
    EXPECT_FALSE(step(81, 1.0f));
    panels.wake(8, [](std::uint32_t) { return false; });
    for (std::int64_t t = 90; t < 130; ++t) EXPECT_TRUE(step(t, 1.0f));
}

/// As if nothing were known of earlier sums.
void normalise(const std::vector<std::uint16_t>& target, std::vector<PlasticWeight>& weight,
               std::size_t targets, double wanted, const RuleConstants<PairStdp>& c) {
    std::vector<std::int64_t> sum(targets);
    for (std::size_t k = 0; k < weight.size(); ++k) sum[target[k]] += weight[k];
    for (std::size_t k = 0; k < weight.size(); ++k)
        weight[k] = multiplied(c, weight[k], normalising_factor(wanted, sum[target[k]]));
}

TEST(WeightSums, WhatIsLeftAloneWouldNotChange) {
    constexpr std::size_t targets = 40;
    RuleConstants<PairStdp> c;
    const RandomKey key{1, Stream::weights, 0, 0};
    std::vector<std::uint16_t> target;
    std::vector<PlasticWeight> weight;
    for (std::uint32_t k = 0; k < 8000; ++k) {
        const Philox4 random = key.draw(k);
        target.push_back(static_cast<std::uint16_t>(random.word[0] % targets));
        // Of some targets most weights are near their bound, which keeps them from their sum.
        const std::uint32_t most = target.back() < 5 ? 1u << 30 : 1u << 28;
        weight.push_back(static_cast<PlasticWeight>(most - random.word[1] % (most / 8)));
    }
    std::vector<PlasticWeight> wanted = weight;
    WeightSums sums;
    sums.resize(targets);
    for (int round = 0; round < 6; ++round) {
        const double sum = (round < 4 ? 210.0 : 60.0) * double{weight_one};
        sums.normalise(target, weight, sum, c);
        normalise(target, wanted, targets, sum, c);
        ASSERT_EQ(weight, wanted) << "round " << round;
        const std::size_t changed = static_cast<std::size_t>(round) * 31;
        weight[changed] = wanted[changed] = weight[changed] / 2;
        sums.changed(target[changed]);
    }
}

TEST(SeenStates, AreThoseThatARecordShows) {
    const SimulationSpec spec = parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 3 ms}\n"
        "populations: {a: {model: iaf_psc_exp, size: 40, e_l: {linspace: [-80 mV, -60 mV]}, v_th: "
        "-50 mV, v_reset: -90 mV, i_e: 300 pA}, b: {model: izhikevich, size: 3}}\n"
        "record: [{population: a, what: v}, {population: b, what: u}]\n",
        "test.yaml");
    for (const int threads : {1, 2}) {
        const auto engine = make_engine(spec, {.threads = threads});
        engine->advance(spec.steps());
        const auto seen = seen_states(spec, engine->state().states);
        const auto records = engine->take_states();
        for (std::size_t k = 0; k < 40; ++k)
            EXPECT_EQ(seen[0][k], records[0].values[29 * 40 + k]) << k;
        for (std::size_t k = 0; k < 3; ++k)
            EXPECT_EQ(seen[1][3 + k], records[1].values[29 * 3 + k]) << k;
        EXPECT_LT(seen[0][0], -60.0f);
    }
}

}  // namespace
}  // namespace snnsim
