// Synaptic operations: from the spikes of cells and their numbers of synapses, as if each had been
// counted where it is delivered.
#include <gtest/gtest.h>

#include <numeric>
#include <utility>

#include "snnsim/engine.hpp"
#include "tests/engine/plastic_networks.hpp"
#include "tests/engine/serial_engine.hpp"

namespace snnsim {
namespace {

using Pairs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

Pairs pairs(const std::vector<SynapticWork>& work) {
    Pairs out;
    for (const SynapticWork& w : work) out.emplace_back(w.events, w.operations);
    return out;
}

using Make = std::unique_ptr<Engine> (*)(const SimulationSpec&);
std::unique_ptr<Engine> one_thread(const SimulationSpec& spec) {
    return make_engine(spec, {.threads = 1});
}
std::unique_ptr<Engine> three_threads(const SimulationSpec& spec) {
    return make_engine(spec, {.threads = 3});
}
std::unique_ptr<Engine> device(const SimulationSpec& spec) {
    return make_serial_engine(spec, {.threads = 1});
}

Pairs work_of(const SimulationSpec& spec, Make first, Make then, std::int64_t cut) {
    auto engine = first(spec);
    engine->advance(cut);
    const EngineState state = engine->state();
    engine = then(spec);
    engine->set_state(state);
    engine->advance(2000 - cut);
    return pairs(engine->work());
}

TEST(Work, IsTheSameOnAnyEngineAndAfterAResume) {
    for (const SimulationSpec& spec : {busy_network(), rewired_network()}) {
        auto engine = one_thread(spec);
        engine->advance(2000);
        const Pairs expected = pairs(engine->work());
        ASSERT_EQ(expected.size(), spec.projections.size());
        for (const auto& [events, operations] : expected) {
            EXPECT_GT(events, 50u);
            EXPECT_GT(operations, 500u);
        }
        EXPECT_EQ(work_of(spec, three_threads, one_thread, 731), expected);
        EXPECT_EQ(work_of(spec, one_thread, device, 517), expected);
        EXPECT_EQ(work_of(spec, device, three_threads, 1203), expected);
    }
}

TEST(Work, IsWhatAProfileCountsOnceAllHasArrived) {
    const SimulationSpec spec = parse_simulation(R"(name: test
dt: 0.1 ms
simulate: {duration: 100 ms}
populations:
  S: {model: poisson_source, size: 60, rate: 200 Hz}
  E: {model: iaf_psc_delta, size: 203, tau_m: 10 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV, t_ref: 1 ms}
projections:
  - {from: S, to: E, connect: {rule: fixed_in_degree, n: 20}, weight: 2 mV, delay: {distribution: uniform, low: 0.3 ms, high: 4 ms}}
  - {from: S, to: E, name: all, connect: all_to_all, weight: 0.01 mV, delay: 1 ms}
  - {from: S, to: E, name: drawn, connect: {rule: fixed_out_degree, n: 9}, weight: 1 mV, procedural: true}
  - {from: E, to: E, connect: {rule: fixed_probability, p: 0.1}, weight: {distribution: normal, mean: 0.1 mV, std: 0.02 mV}, delay: 2 ms}
  - {from: E, to: E, name: learning, connect: {rule: fixed_total_number, n: 700}, weight: 0.1 mV,
     plasticity: {rule: stdp, w_max: 0.3 mV}}
)",
                                                 "test.yaml");
    auto engine = make_engine(spec, {.threads = 2, .profile = true});
    engine->advance(500);
    engine->set_rates(0, std::vector<double>(60, 0.0));
    engine->advance(500);
    std::uint64_t sum = 0;
    for (const SynapticWork& w : engine->work()) sum += w.operations;
    EXPECT_GT(sum, 100000u);
    EXPECT_EQ(sum, engine->report().events);
}

TEST(Work, MeetsTheSynapsesThatAreThere) {
    const SimulationSpec spec = rewired_network();  // changes at 50 ms, and not up to 75 ms
    constexpr std::size_t pruned = 2;
    auto engine = make_engine(spec, {.threads = 1});
    engine->advance(510);
    const SynapticWork before = engine->work()[pruned];
    std::vector<std::uint64_t> degree(60);
    for (const ProjectionWeights& w : engine->weights()) {
        if (w.projection != pruned) continue;
        for (const std::uint32_t source : w.source) ++degree[source];
    }
    EXPECT_LT(std::accumulate(degree.begin(), degree.end(), std::uint64_t{0}), 60u * 203u);
    engine->count_spikes(spec.population_index("S"));
    engine->advance(200);
    const std::vector<std::uint32_t> spikes = engine->counted_spikes(spec.population_index("S"));
    std::uint64_t expected = 0;
    for (std::size_t j = 0; j < degree.size(); ++j) expected += spikes[j] * degree[j];
    EXPECT_GT(expected, 1000u);
    EXPECT_EQ(engine->work()[pruned].operations - before.operations, expected);
}

TEST(Work, OfSynapsesThatFailIsWhatTheyLetGo) {
    // A spike that is let go makes its target fire in the step in which it arrives.
    const SimulationSpec spec = parse_simulation(R"(name: test
dt: 1 ms
simulate: {duration: 1 s}
populations:
  S: {model: poisson_source, size: 100, rate: 100 Hz}
  E: {model: iaf_psc_delta, size: 100, tau_m: 10 ms, e_l: 0 mV, v_th: 10 mV, v_reset: 0 mV, t_ref: 0 ms}
projections:
  - {from: S, to: E, connect: one_to_one, weight: 20 mV, delay: 1 ms, release: {p: 0.4}}
)",
                                                 "test.yaml");
    for (const Make make : {one_thread, three_threads, device}) {
        auto engine = make(spec);
        engine->advance(1000);
        const SynapticWork work = engine->work()[0];
        EXPECT_EQ(work.events, engine->spike_counts()[0]);
        EXPECT_EQ(work.operations, engine->spike_counts()[1]);
        EXPECT_NEAR(static_cast<double>(work.operations) / static_cast<double>(work.events), 0.4,
                    0.02);
    }
}

}  // namespace
}  // namespace snnsim
