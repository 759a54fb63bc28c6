// Played spikes, rates that change, and graded spikes through the engine; the variable-spiking
// neuron.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "snnsim/engine.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/synapse_rows.hpp"
#include "tests/engine/sent_spikes.hpp"

namespace snnsim {
namespace {

SimulationSpec model(const std::string& populations, const std::string& rest,
                     const std::string& dt = "1 ms") {
    return parse_simulation("name: test\ndt: " + dt +
                                "\nsimulate: {duration: 100 ms}\npopulations:\n" + populations +
                                rest,
                            std::string(SNNSIM_SOURCE_DIR) + "/tests/test.yaml");
}

/// A network with all that this file is about, and spikes to play that no file holds.
SimulationSpec graded_network() {
    SimulationSpec spec = model(
        "  in: {model: spike_source, size: 70, file: CMakeLists.txt}\n"
        "  S: {model: poisson_source, size: 40, rate: 20 Hz}\n"
        "  A: {model: vsn, size: 120, beta: 0.8, v_th: 0.5, activation: tanh, y_max: 2}\n"
        "  B: {model: vsn, size: 61, y_max: 4, v_th: {distribution: uniform, low: -0.5, high: "
        "2}}\n"
        "  C: {model: iaf_psc_delta, size: 50, t_ref: 0 ms, e_l: 0 mV, v_reset: 0 mV, v_th: 3 "
        "mV}\n",
        "projections:\n"
        "  - {from: in, to: A, connect: {rule: fixed_probability, p: 0.1}, weight: 0.7}\n"
        "  - {from: S, to: A, connect: {rule: fixed_in_degree, n: 3}, weight: -0.4, delay: 2 ms}\n"
        "  - {from: A, to: B, connect: {rule: fixed_in_degree, n: 20}, delay: {distribution: "
        "uniform, low: 1 ms, high: 5 ms}, weight: {distribution: normal, mean: 0.1, std: 0.4}}\n"
        "  - {from: B, to: A, connect: {rule: fixed_out_degree, n: 9}, delay: 3 ms, weight: -0.3}\n"
        "  - {from: B, to: C, connect: {rule: fixed_in_degree, n: 7}, delay: 2 ms, weight: 1 mV}\n"
        "stimuli:\n"
        "  - {to: S, kind: steps, times: [30 ms, 60 ms], amplitudes: [300 Hz, 5 Hz]}\n"
        "  - {to: A, kind: noise, std: 0.3}\n");
    PlayedSpikes played;
    for (std::uint64_t step = 1; step <= 100; ++step) {
        for (std::uint32_t cell = 0; cell < 70; ++cell) {
            if ((step * 31 + cell * 17) % 13 == 0) played.keys.push_back(played_key(step, cell));
        }
    }
    spec.populations[0].played = std::make_shared<const PlayedSpikes>(played);
    return spec;
}

TEST(Sources, PlayedSpikesAreThoseOfTheFile) {
    const SimulationSpec spec = graded_network();
    for (const int threads : {1, 3}) {
        std::vector<std::uint64_t> keys;
        for (const Sent& s : run(spec, threads)) {
            if (s.population == 0) keys.push_back(played_key(s.step, s.cell));
        }
        EXPECT_EQ(keys, spec.populations[0].played->keys);
    }
}

TEST(Graded, TheSameSpikesAndValuesOnAnyNumberOfThreads) {
    const SimulationSpec spec = graded_network();
    const std::vector<Sent> wanted = run(spec, 1);
    std::set<std::uint32_t> populations;
    std::set<float> values;
    for (const Sent& s : wanted) {
        populations.insert(s.population);
        values.insert(s.value);
        EXPECT_LE(std::abs(s.value), s.population < 2 ? 1.0f : 4.0f);
    }
    EXPECT_EQ(populations.size(), 5u);
    EXPECT_GT(values.size(), 500u);
    EXPECT_LT(*values.begin(), 0.0f);
    for (const int threads : {1, 2, 3, 7}) {
        for (const std::int64_t block : {1, 13, 1000})
            EXPECT_EQ(run(spec, threads, block), wanted) << threads << " threads, " << block;
    }
}

TEST(Graded, GoesOnFromAStateOnOtherThreads) {
    const SimulationSpec spec = graded_network();
    const std::vector<Sent> wanted = run(spec, 1);
    for (const auto& [before, after] : {std::pair{1, 2}, {3, 1}, {2, 5}}) {
        for (const std::int64_t at : {1, 37, 61}) {
            const auto first = make_engine(spec, {.threads = before});
            std::vector<Sent> got = run(*first, at);
            const auto second = make_engine(spec, {.threads = after});
            second->advance(50);  // whatever it did is forgotten
            second->take_spikes();
            second->set_state(first->state());
            second->advance(100 - at);
            append(got, second->take_spikes());
            EXPECT_EQ(got, wanted) << before << " to " << after << " threads at step " << at;
        }
    }
}

TEST(Graded, WeightTimesValueArrivesRoundedToTheGrid) {
    // a sends 0.7 in each step; b's membrane is what arrived, as beta is 0 and it never fires.
    const SimulationSpec spec = model(
        "  a: {model: vsn, size: 1, v_th: -1, i_e: 0.7, y_max: 3}\n"
        "  b: {model: vsn, size: 2, beta: 0, v_th: 1e9, y_max: 1}\n",
        "projections: [{from: a, to: b, connect: all_to_all, weight: -0.3}]\n"
        "record: [{population: b, what: m}]\n");
    const Layout layout(spec, 1);
    const double unit = 1.0 / build_synapses(spec, layout, 1).grid.scale[1][0];
    EXPECT_LT(unit, 1e-4);
    const auto engine = make_engine(spec, {});
    engine->advance(5);
    const std::vector<float> m = engine->take_states()[0].values;
    EXPECT_EQ(m[0], 0.0f);
    for (std::size_t k = 2; k < 10; ++k) EXPECT_NEAR(m[k], -0.21, unit);
    EXPECT_EQ(graded_weight(3, 0.5f), 2);
    EXPECT_EQ(graded_weight(-3, 0.5f), -1);
    EXPECT_EQ(graded_weight(1000, -1.25f), -1250);
}

// 3000 spikes of the greatest value at once: the grid has room for them.
TEST(Graded, NoSumOverflows) {
    const SimulationSpec spec = model(
        "  a: {model: vsn, size: 3000, v_th: -1, i_e: 1e6, y_max: 1e4}\n"
        "  b: {model: vsn, size: 1, beta: 0, v_th: 1e30, y_max: 1}\n",
        "projections: [{from: a, to: b, connect: all_to_all, weight: 2}]\n"
        "record: [{population: b, what: m}]\n");
    const auto engine = make_engine(spec, {});
    engine->advance(2);
    EXPECT_NEAR(engine->take_states()[0].values[1], 6e7, 6e7 * 1e-3);
}

TEST(Vsn, HandTrace) {
    Vsn::Params p;
    p.beta = 0.5;
    const auto c = Vsn::prepare(p, 1.0);
    Vsn::State s{};
    const float z[] = {0.6f, 0.6f, 0.6f, 2.0f}, m[] = {0.6f, 0.9f, 0.0f, 0.0f},
                y[] = {0.0f, 0.0f, 0.6f, 2.0f};
    for (int k = 0; k < 4; ++k) {
        EXPECT_EQ(step_of_cell<Vsn>(c, s, {.receptor_0 = z[k]}), y[k]);
        EXPECT_FLOAT_EQ(s.m, m[k]);
    }
}

TEST(Vsn, TheHandTraceThroughTheEngine) {
    const SimulationSpec spec =
        model("  a: {model: vsn, size: 20, beta: 0.5}\n",
              "stimuli:\n  - {to: a, kind: steps, times: [0 ms, 3 ms, 4 ms], amplitudes: [0.6, 2, "
              "0]}\n");
    const std::vector<Sent> sent = run(spec, 2);
    ASSERT_EQ(sent.size(), 40u);
    for (std::uint32_t k = 0; k < 40; ++k)
        EXPECT_EQ(sent[k], (Sent{k < 20 ? 3u : 4u, 0, k % 20, k < 20 ? 0.6f : 2.0f}));
}

TEST(Vsn, FiresAtTheThresholdAndSendsNoZero) {
    Vsn::Params p;
    p.v_th = 0.5;
    Vsn::State s{};
    EXPECT_EQ(step_of_cell<Vsn>(Vsn::prepare(p, 1.0), s, {.receptor_0 = 0.5f}), 0.5f);  // H(0) = 1
    p.v_th = -2.0;  // the plain artificial neuron
    p.activation = Activation::relu;
    const auto relu = Vsn::prepare(p, 1.0);
    EXPECT_EQ(step_of_cell<Vsn>(relu, s, {.receptor_0 = -1.5f}), 0.0f);
    EXPECT_EQ(step_of_cell<Vsn>(relu, s, {.receptor_0 = 1.5f}), 1.5f);
    p.activation = Activation::tanh;
    p.y_max = 0.5;
    const auto tanh = Vsn::prepare(p, 1.0);
    EXPECT_NEAR(step_of_cell<Vsn>(tanh, s, {.receptor_0 = -0.4f}), std::tanh(-0.4), 1e-7);
    EXPECT_EQ(step_of_cell<Vsn>(tanh, s, {.receptor_0 = 3.0f}), 0.5f);  // saturated
}

TEST(Sources, ARateOverTimeHasItsCounts) {
    const SimulationSpec spec = model(
        "  S: {model: poisson_source, size: 4000, rate: 10 Hz}\n"
        "  a: {model: iaf_psc_delta, size: 4000, t_ref: 0 ms, e_l: 0 mV, v_reset: 0 mV, v_th: 1 "
        "mV}\n",
        "stimuli:\n"
        "  - {to: S, kind: steps, times: [20 ms, 50 ms], amplitudes: [90 Hz, -50 Hz]}\n"
        "  - {to: a, kind: poisson, rate: 10 Hz, weight: 1.5 mV, times: [20 ms, 50 ms], rates: "
        "[100 Hz, 0 Hz]}\n");
    double count[2][3] = {};
    for (const Sent& s : run(spec, 2))
        ++count[s.population][s.step <= 20 ? 0 : s.step <= 50 ? 1 : 2];
    // Cells of `a` fire once where two spikes arrive in a step.
    const double wanted[2][3] = {{800, 12000, 0}, {4000 * 20 * 0.00995, 4000 * 30 * 0.09516, 0}};
    for (int p = 0; p < 2; ++p) {
        for (int k = 0; k < 3; ++k)
            EXPECT_NEAR(count[p][k], wanted[p][k], 4.5 * std::sqrt(wanted[p][k])) << p << k;
    }
}

}  // namespace
}  // namespace snnsim
