// How many synaptic events a profile counts: as many as spikes, degrees and delays make.
#include <gtest/gtest.h>

#include <map>

#include "snnsim/edge_list.hpp"
#include "snnsim/read_model.hpp"
#include "tests/engine/plastic_networks.hpp"
#include "tests/engine/sent_spikes.hpp"
#include "tests/engine/serial_engine.hpp"

namespace snnsim {
namespace {

constexpr std::int64_t steps = 400;

SimulationSpec network(const std::string& projections) {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 40 ms}\npopulations:\n"
        "  S: {model: poisson_source, size: 90, rate: 100 Hz}\n"
        "  E: {model: iaf_psc_exp, size: 90, i_e: 600 pA, initial: {v: {distribution: uniform, "
        "low: -70 mV, high: -55 mV}}}\n"
        "  I: {model: iaf_psc_exp, size: 31}\nprojections:\n" +
            projections,
        "test.yaml");
}

/// Both engines.
template <class Test>
void for_each_engine(const SimulationSpec& spec, Test&& test) {
    for (const int threads : {1, 3}) {
        const auto engine = make_engine(spec, {.threads = threads, .profile = true});
        test(*engine);
    }
    const auto serial = make_serial_engine(spec, {.threads = 1, .profile = true});
    test(*serial);
}

/// A spike found in the step that ends at `step` reaches a synapse `delay` steps later, and counts
/// once that step is done.
bool arrives(const Sent& spike, std::uint32_t delay) {
    return spike.step + delay <= steps;
}

struct Counted {
    const char* name;
    const char* projection;  // its delay is 11 steps
    std::uint32_t source;    // population
    std::uint32_t degree;    // of each source
};
const Counted kinds[] = {
    {"rows", "from: E, to: I, connect: {rule: fixed_out_degree, n: 7}", 1, 7},
    {"wide rows", "from: E, to: I, connect: {rule: fixed_out_degree, n: 7}, weight_bits: 32", 1, 7},
    {"procedural", "from: E, to: I, connect: {rule: fixed_out_degree, n: 7}, procedural: true", 1,
     7},
    {"constant all_to_all", "from: S, to: I, connect: all_to_all", 0, 31},
    {"all_to_all but itself", "from: E, to: E, connect: {rule: all_to_all, autapses: false}", 1,
     89},
    {"all_to_all but its own", "from: S, to: E, connect: {rule: all_to_all, own: false}", 0, 89},
    {"plastic",
     "from: E, to: I, connect: {rule: fixed_out_degree, n: 7}, plasticity: {rule: stdp, w_max: 9 "
     "pA}",
     1, 7},
    {"plastic all_to_all",
     "from: S, to: E, connect: all_to_all, plasticity: {rule: triplet, w_max: 9 pA, dendritic: "
     "true}",
     0, 90},
    {"short_term", "from: S, to: I, connect: all_to_all, short_term: {u_0: 0.5, tau_rec: 100 ms}",
     0, 31},
    {"release", "from: E, to: E, connect: one_to_one, release: {p: 0.3}", 1, 1},
    {"sites",
     "from: E, to: I, connect: {rule: fixed_out_degree, n: 7}, short_term: {u_0: 0.5, tau_rec: 100 "
     "ms}, release: {sites: 3}",
     1, 7},
};

TEST(Events, OfEveryKindOfSynapse) {
    std::string all;
    for (const Counted& kind : kinds)
        all += "  - {" + std::string(kind.projection) + ", name: p" +
               std::to_string(&kind - kinds) + ", weight: 5 pA, delay: 1.1 ms}\n";
    const auto expected = [](const std::vector<Sent>& spikes, const Counted& kind) {
        std::uint64_t count = 0;
        for (const Sent& s : spikes) {
            if (s.population == kind.source && arrives(s, 11)) count += kind.degree;
        }
        return count;
    };
    for (const Counted& kind : kinds) {
        const SimulationSpec spec =
            network("  - {" + std::string(kind.projection) + ", weight: 5 pA, delay: 1.1 ms}\n");
        for_each_engine(spec, [&](Engine& engine) {
            const std::vector<Sent> spikes = run(engine, steps, 97);
            EXPECT_GT(expected(spikes, kind), 50u) << kind.name;
            EXPECT_EQ(engine.report().events, expected(spikes, kind)) << kind.name;
        });
    }
    for_each_engine(network(all), [&](Engine& engine) {
        const std::vector<Sent> spikes = run(engine, steps, 97);
        std::uint64_t count = 0;
        for (const Counted& kind : kinds) count += expected(spikes, kind);
        EXPECT_EQ(engine.report().events, count);
    });
}

TEST(Events, OfListsAndDelaysThatDiffer) {
    SimulationSpec spec = network("  - {from: S, to: E, connect: {rule: list, file: e.csv}}\n");
    EdgeList edges;
    std::map<std::uint32_t, std::vector<std::uint32_t>> delays;  // of each source
    for (std::uint32_t k = 0; k < 500; ++k) {
        edges.source.push_back(k * k % 90);
        edges.target.push_back(k * 7 % 90);
        edges.weight.push_back(k % 3 == 0 ? -2.0 : 5.0);
        edges.delay.push_back(0.1 * (1 + k % 40));
        delays[edges.source.back()].push_back(1 + k % 40);
    }
    spec.projections[0].edges = std::make_shared<const EdgeList>(edges);
    for_each_engine(spec, [&](Engine& engine) {
        std::uint64_t count = 0;
        for (const Sent& s : run(engine, steps)) {
            for (const std::uint32_t delay : delays[s.cell])
                count += s.population == 0 && arrives(s, delay);
        }
        EXPECT_GT(count, 50u);
        EXPECT_EQ(engine.report().events, count);
    });
}

TEST(Events, AsManyOnBothEnginesWhereSynapsesGrow) {
    for (const SimulationSpec& spec : {rewired_network(), busy_network()}) {
        const auto cpu = make_engine(spec, {.threads = 2, .profile = true});
        const auto serial = make_serial_engine(spec, {.threads = 1, .profile = true});
        run(*cpu, 1000);
        run(*serial, 1000);
        EXPECT_GT(cpu->report().events, 1000u);
        EXPECT_EQ(cpu->report().events, serial->report().events);
    }
}

}  // namespace
}  // namespace snnsim
