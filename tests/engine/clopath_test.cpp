// Voltage-based plasticity against NEST; the same bits on any engine.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "snnsim/read_model.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

/// A source and a target that spike at these times (ms): the target one step after its jump, where
/// that does not reach v_peak at once.
SimulationSpec pairs(double first_pre, double first_post, double rate) {
    return parse_simulation(
        fmt::format(
            "name: test\ndt: 0.1 ms\nsimulate: {{duration: 420 ms}}\npopulations:\n"
            "  pre: {{model: regular_source, size: 1, rate: {0} Hz, first: {1} ms}}\n"
            "  clock: {{model: regular_source, size: 1, rate: {0} Hz, first: {2} ms}}\n"
            "  post: {{model: aeif_psc_delta_clopath, size: 1}}\n"
            "projections:\n"
            "  - {{from: clock, to: post, connect: all_to_all, weight: 100 mV, delay: 1 ms}}\n"
            "  - {{from: pre, to: post, connect: all_to_all, weight: 0.5 mV, delay: 1 ms,\n"
            "     plasticity: {{rule: clopath, dendritic: true, w_max: 1 mV}}}}\n"
            "record: [{{projection: pre_to_post, what: weight, interval: 0.1 ms}}]\n",
            rate, first_pre, first_post - 1.0),
        "test.yaml");
}

TEST(Clopath, WeightsOfNest) {
    // NEST 3.10.0, clopath_synapse with its defaults onto aeif_psc_delta_clopath with its defaults:
    // weights that the spikes after the first one find at their arrival, and leave.
    const struct {
        double pre, post, rate;
        std::vector<double> weights;
    } cases[] = {
        {101.0, 111.0, 50.0, {.49999999, .49753143, .49977382, .50214679, .50411194}},
        {111.0, 101.0, 10.0, {.49747327, .49493932, .49248649, .49007143}},
    };
    for (const auto& c : cases) {
        const SimulationSpec spec = pairs(c.pre, c.post, c.rate);
        const auto engine = make_engine(spec, {});
        engine->advance(spec.steps());
        const std::vector<float> w = engine->take_weights()[0].values;
        for (std::size_t k = 0; k < c.weights.size(); ++k) {
            // A delay later than NEST, which sends the weight at once.
            const double arrival = c.pre + 1.0 + 1e3 / c.rate * static_cast<double>(k);
            EXPECT_NEAR(
                static_cast<double>(w[static_cast<std::size_t>(std::lround(10.0 * arrival)) - 1]),
                c.weights[k], 1e-6)
                << "pre " << c.pre << ", spike " << k;
        }
    }
}

/// Many targets, both places of the delay, several delays, a schedule and what is done at
/// intervals.
SimulationSpec network() {
    return parse_simulation(R"(name: test
dt: 0.1 ms
simulate: {duration: 150 ms}
populations:
  s: {model: poisson_source, size: 40, rate: 60 Hz}
  t: {model: aeif_psc_delta_clopath, size: 77, i_e: {linspace: [0 pA, 900 pA]},
      initial: {u_bar_minus: {distribution: uniform, low: -72 mV, high: -60 mV}}}
projections:
  - {from: s, to: t, connect: {rule: fixed_probability, p: 0.5}, weight: {distribution: uniform, low: 0 mV, high: 2 mV},
     delay: {distribution: uniform, low: 0.3 ms, high: 2.5 ms}, plasticity: {rule: clopath, dendritic: true, w_max: 2 mV,
     a_ltp: 8e-4, a_ltd: 14e-4}}
  - {from: t, to: t, connect: {rule: fixed_in_degree, n: 9}, weight: 0.5 mV, delay: 1.1 ms,
     plasticity: {rule: clopath, w_max: 1 mV, a_ltp: 4e-4, a_ltd: 9e-4, delay_u_bars: 1 ms,
     normalise: {sum: 4 mV, interval: 30 ms}}}
record:
  - {projection: s_to_t, what: weight, interval: 10 ms}
  - {projection: t_to_t, what: weight_histogram, interval: 30 ms}
)",
                            "test.yaml");
}

void expect_same(Engine& a, Engine& b) {
    const EngineState x = a.state(), y = b.state();
    EXPECT_EQ(x.states, y.states);
    ASSERT_EQ(x.plastic.size(), y.plastic.size());
    for (std::size_t k = 0; k < x.plastic.size(); ++k) {
        EXPECT_EQ(x.plastic[k].weight, y.plastic[k].weight) << k;
        EXPECT_EQ(x.plastic[k].post_step, y.plastic[k].post_step) << k;
        EXPECT_EQ(x.plastic[k].post, y.plastic[k].post) << k;
        EXPECT_EQ(x.plastic[k].late_plus, y.plastic[k].late_plus) << k;
        EXPECT_EQ(x.plastic[k].late_minus, y.plastic[k].late_minus) << k;
    }
}

TEST(Clopath, TheSameBitsOnAnyThreadsAndOnADevice) {
    const SimulationSpec spec = network();
    const auto one = make_engine(spec, {.threads = 1});
    const EngineState start = one->state();
    const std::vector<Sent> wanted = run(*one, spec.steps());
    EXPECT_NE(one->state().plastic[0].weight, start.plastic[0].weight);
    const auto weights = one->take_weights();
    const auto two = make_engine(spec, {.threads = 2});
    EXPECT_EQ(run(*two, spec.steps(), 31), wanted);
    expect_same(*one, *two);
    const auto device = make_serial_engine(spec, {.threads = 1});
    EXPECT_EQ(run(*device, spec.steps(), 97), wanted);
    expect_same(*one, *device);
    const auto on_device = device->take_weights();
    for (std::size_t r = 0; r < weights.size(); ++r) {
        EXPECT_EQ(weights[r].values, on_device[r].values);
        EXPECT_EQ(weights[r].counts, on_device[r].counts);
    }
}

TEST(Clopath, GoesOnAfterAResume) {
    const SimulationSpec spec = network();
    const auto whole = make_engine(spec, {.threads = 1});
    run(*whole, 733);
    const EngineState state = whole->state();
    const auto cpu = make_engine(spec, {.threads = 3});
    const auto device = make_serial_engine(spec, {.threads = 1});
    cpu->set_state(state);
    device->set_state(state);
    const std::vector<Sent> wanted = run(*whole, 700);
    EXPECT_EQ(run(*cpu, 700), wanted);
    EXPECT_EQ(run(*device, 700), wanted);
    expect_same(*whole, *cpu);
    expect_same(*whole, *device);
}

TEST(Clopath, NeedsTheVoltagesOfItsTarget) {
    expect_error(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 1 ms}\npopulations:\n"
        "  a: {model: poisson_source, size: 1}\n  b: {model: iaf_psc_delta, size: 1}\n"
        "projections:\n  - {from: a, to: b, connect: all_to_all, weight: 1 mV, plasticity: "
        "{rule: clopath, w_max: 2 mV}}\n",
        "clopath goes by v, u_bar_plus and u_bar_minus of the target, but 'b' is a "
        "iaf_psc_delta, which has no u_bar_plus; write model: aeif_psc_delta_clopath");
}

}  // namespace
}  // namespace snnsim
