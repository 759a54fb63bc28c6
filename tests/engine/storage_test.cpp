// Forms in which synapses are kept: the same spikes from each, and weights that are fine enough.
#include <gtest/gtest.h>

#include "snnsim/edge_list.hpp"
#include "snnsim/engine.hpp"
#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/scale.hpp"
#include "src/engine/synapses/synapse_rows.hpp"
#include "tests/engine/sent_spikes.hpp"

namespace snnsim {
namespace {

SimulationSpec network(const std::string& projections) {
    return parse_simulation(
        "name: test\ndt: 0.1 ms\nsimulate: {duration: 40 ms}\npopulations:\n"
        "  E: &cell {model: iaf_psc_exp, size: 203, tau_m: 20 ms, tau_syn_ex: 5 ms, tau_syn_in: 10 "
        "ms, c_m: 200 pF, e_l: -49 mV, v_th: -50 mV, v_reset: -60 mV, t_ref: 5 ms, initial: {v: "
        "{distribution: uniform, low: -60 mV, high: -50 mV}}}\n"
        "  I: {<<: *cell, size: 61}\nprojections:\n" +
            projections,
        "test.yaml");
}
std::string projection(const std::string& ends, const std::string& connect,
                       const std::string& more) {
    return "  - {" + ends + ", connect: " + connect + ", " + more + "}\n";
}

const std::string varied =
    "weight: {distribution: normal, mean: 5 pA, std: 9 pA}, delay: {distribution: uniform, low: "
    "0.3 "
    "ms, high: 2 ms}";
const std::string at_once = "weight: {distribution: normal, mean: 5 pA, std: 9 pA}, delay: 1.1 ms";

TEST(Storage, ProceduralGivesTheSameSpikesAsStored) {
    const std::vector<std::string> rules{"all_to_all",
                                         "{rule: all_to_all, autapses: false}",
                                         "one_to_one",
                                         "{rule: fixed_probability, p: 0.2}",
                                         "{rule: fixed_probability, p: 0.8, autapses: false}",
                                         "{rule: fixed_out_degree, n: 30}",
                                         "{rule: fixed_out_degree, n: 30, multapses: false}",
                                         "{rule: fixed_total_number, n: 5000}"};
    for (const std::string& rule : rules) {
        for (const std::string& values : {varied, at_once, std::string("weight: -9 pA")}) {
            const std::string beside = projection(
                "from: E, to: I", "{rule: fixed_in_degree, n: 20}", "weight: 9 pA, delay: 0.7 ms");
            const auto with = [&](const char* procedural) {
                return network(beside + projection("from: E, to: E", rule, values + procedural));
            };
            const std::vector<Sent> wanted = run(with(""), 1);
            EXPECT_GT(wanted.size(), 30u);
            for (const int threads : {1, 2, 3, 7}) {
                EXPECT_EQ(run(with(", procedural: true"), threads), wanted) << rule << values;
                if (threads > 1) {
                    EXPECT_EQ(run(with(""), threads), wanted) << rule << values;
                }
            }
        }
    }
}

TEST(Storage, ProceduralGoesOnFromAState) {
    const SimulationSpec spec = network(
        projection("from: E, to: E", "{rule: fixed_probability, p: 0.2}",
                   varied + ", procedural: true") +
        projection("from: E, to: I", "{rule: fixed_out_degree, n: 9}",
                   "weight: 90 pA, delay: 1 ms, procedural: true") +
        projection("from: I, to: E", "{rule: fixed_total_number, n: 999}", "weight: -90 pA"));
    const std::vector<Sent> wanted = run(spec, 1);
    const auto first = make_engine(spec, {.threads = 2});
    std::vector<Sent> got = run(*first, 137);
    const auto second = make_engine(spec, {.threads = 3});
    run(*second, 21);
    second->set_state(first->state());
    const std::vector<Sent> rest = run(*second, spec.steps() - 137);
    got.insert(got.end(), rest.begin(), rest.end());
    EXPECT_EQ(got, wanted);
}

TEST(Storage, AllToAllStoresNoTargets) {
    const auto bytes = [](const std::string& more) {
        const SimulationSpec spec = network(projection("from: E, to: I", "all_to_all", more));
        const Synapses s = build_synapses(spec, Layout(spec, 2), 2);
        EXPECT_EQ(s.counts[0], 203u * 61u);
        const std::size_t dense = s.dense.empty() ? 0 : s.dense[0].bytes();
        EXPECT_EQ(static_cast<double>(dense + s.rows.words() * 4), s.bytes[0] * 203.0 * 61.0);
        EXPECT_EQ(s.procedural.size(), more.find("procedural") == std::string::npos ? 0u : 1u);
        return s.bytes[0];
    };
    EXPECT_EQ(bytes("weight: 9 pA"), 0.0);
    EXPECT_EQ(bytes(at_once), 2.0);
    EXPECT_EQ(bytes(at_once + ", weight_bits: 32"), 4.0);
    EXPECT_EQ(bytes(varied), 4.0);
    EXPECT_EQ(bytes(varied + ", weight_bits: 32"), 8.0);
    EXPECT_EQ(bytes(varied + ", procedural: true"), 0.0);
}

TEST(Storage, AllButItsOwnIsTheSameInEveryForm) {
    for (const std::string& values :
         {at_once, std::string("weight: -0.2 pA"), std::string("weight: 9 pA, weight_bits: 32")}) {
        const auto with = [&](bool own, const std::string& more) {
            const std::string beside = projection(
                "from: I, to: I", "{rule: fixed_out_degree, n: 20}", "weight: 5 pA, delay: 0.7 ms");
            SimulationSpec spec =
                network(beside + projection("from: E, to: I", "all_to_all", values + more));
            spec.projections[1].connect.own = own;
            spec.populations[1].size = spec.populations[0].size;
            return spec;
        };
        const std::vector<Sent> wanted = run(with(false, ", procedural: true"), 1);
        EXPECT_GT(wanted.size(), 30u);
        EXPECT_NE(run(with(true, ""), 1), wanted) << values;
        for (const int threads : {1, 2, 3, 7})
            EXPECT_EQ(run(with(false, ""), threads), wanted) << values << threads;
        const SimulationSpec spec = with(false, "");
        const Synapses s = build_synapses(spec, Layout(spec, 2), 2);
        EXPECT_EQ(s.counts[1], 203u * 202u);
        ASSERT_EQ(s.dense.size(), 1u);
        EXPECT_EQ(s.dense[0].bytes(), values == at_once ? 203u * 203u * 2u : 0u);
    }
}

TEST(Storage, AListIsTheSameAsTheRuleThatItWasMadeOf) {
    const std::string values = "weight: 90 pA, delay: 1.1 ms";
    SimulationSpec listed =
        network(projection("from: E, to: E", "{rule: list, file: e.csv}", "") +
                projection("from: E, to: I", "{rule: list, file: e.csv}", values));
    EdgeList all, same;
    for (std::uint32_t j = 203; j-- > 0;) {
        for (std::uint32_t i = 0; i < 203; ++i) {
            all.source.push_back(j);
            all.target.push_back(i);
            all.weight.push_back(i % 2 == 0 ? 9.0 : -7.0);
            all.delay.push_back(j % 3 == 0 ? 1.1 : 0.4);
        }
        for (std::uint32_t i = 0; i < 61; ++i) {
            same.source.push_back(j);
            same.target.push_back(i);
        }
    }
    listed.projections[0].edges = std::make_shared<const EdgeList>(all);
    listed.projections[1].edges = std::make_shared<const EdgeList>(same);
    const std::vector<Sent> one = run(listed, 1);
    for (const int threads : {2, 3, 7}) EXPECT_EQ(run(listed, threads), one);

    // Each synapse of the list arrives with its weight at its time.
    const Layout layout(listed, 1);
    const Synapses s = build_synapses(listed, layout, 1);
    EXPECT_EQ(s.counts, (std::vector<std::uint64_t>{203 * 203, 203 * 61}));
    EXPECT_EQ(s.rows.delays[0].first, 4u);
    EXPECT_EQ(s.rows.delays[0].count, 8u);
    const std::uint32_t* const edge = s.rows.edges(0, 1);  // row 1: 0.4 ms to E, 1.1 ms to I
    EXPECT_EQ(edge[1] - edge[0], 203u);
    EXPECT_EQ(edge[8] - edge[7], 61u);
    double first = 0.0, second = 0.0;
    for (std::uint32_t k = edge[0]; k < edge[1]; ++k) {
        const int weight = weight_of(s.rows.synapses[s.rows.row_start[1] + k]);
        (weight > 0 ? first : second) += weight;
    }
    EXPECT_NEAR(first * s.grid.steps(0)[0], 102 * 9.0, 0.5);
    EXPECT_NEAR(second * s.grid.steps(0)[1], 101 * -7.0, 0.5);

    SimulationSpec rule = network(projection("from: E, to: I", "all_to_all", values));
    SimulationSpec list =
        network(projection("from: E, to: I", "{rule: list, file: e.csv}", values));
    list.projections[0].edges = listed.projections[1].edges;
    EXPECT_EQ(run(list, 2), run(rule, 2));
}

std::string two_weights(const std::string& large, const std::string& small) {
    return projection("from: E, to: I", "{rule: fixed_out_degree, n: 9}", "weight: " + large) +
           projection("from: I, to: I", "{rule: fixed_probability, p: 0.5}", "weight: " + small);
}

TEST(Storage, SegmentNumbersAreSmallerWhereRowsAreShort) {
    // Two populations of wide rows, and one of narrow ones.
    const SimulationSpec spec = network(
        projection("from: E, to: E", "{rule: fixed_in_degree, n: 20}", varied) +
        projection("from: E, to: I", "{rule: fixed_probability, p: 0.1}",
                   "weight: {distribution: lognormal, mean: 0.5 pA, std: 3}, delay: 0.4 ms") +
        projection("from: I, to: E", "{rule: fixed_out_degree, n: 7}", varied));
    const Layout layout(spec, 13);
    const Synapses by_edges = build_synapses(spec, layout, 2),
                   smaller = build_synapses(spec, layout, 2, storage_of, no_exchange(),
                                            RowIndex::smaller);
    const SynapseRows &a = by_edges.rows, &b = smaller.rows;
    EXPECT_LT(b.bytes(), a.bytes() / 2);
    ASSERT_EQ(b.row_start, a.row_start);
    std::size_t found = 0;
    for (std::size_t p = 0; p < layout.populations.size(); ++p) {
        ASSERT_FALSE(a.is_numbered(p));
        ASSERT_TRUE(b.is_numbered(p));
        for (std::uint32_t cell = 0; cell < layout.populations[p].size; ++cell) {
            const std::uint32_t row = layout.populations[p].first_row + cell;
            const std::uint32_t* const edges = a.edges(p, cell);
            const std::span<const std::uint16_t> numbers = b.numbers_of(p, row);
            const std::uint32_t size = b.words_per_synapse(p);
            for (std::uint32_t s = 0; s + 1 < a.edges_per_row(p); ++s) {
                const auto [from, to] = std::equal_range(numbers.begin(), numbers.end(), s);
                ASSERT_EQ(static_cast<std::uint32_t>(to - from) * size, edges[s + 1] - edges[s]);
                if (from == to) continue;
                ASSERT_EQ(static_cast<std::uint32_t>(from - numbers.begin()) * size, edges[s]);
                for (std::uint32_t k = edges[s]; k < edges[s + 1]; ++k)
                    ASSERT_EQ(b.synapses[b.row_start[row] + k], a.synapses[a.row_start[row] + k]);
                found += edges[s + 1] - edges[s];
            }
        }
    }
    EXPECT_GE(found, by_edges.counts[0] + by_edges.counts[1] + by_edges.counts[2]);
    EXPECT_EQ(run(spec, 13), run(spec, 1));

    // A row of many synapses keeps its edges.
    const SimulationSpec dense =
        network(projection("from: E, to: E", "{rule: fixed_in_degree, n: 200}", at_once));
    const Synapses kept =
        build_synapses(dense, Layout(dense, 2), 1, storage_of, no_exchange(), RowIndex::smaller);
    EXPECT_FALSE(kept.rows.is_numbered(0));
}

TEST(WeightBits, ThirtyTwoWhereSixteenAreTooCoarse) {
    const auto plan = [](const std::string& large, const std::string& small) {
        return plan_weights(network(two_weights(large, small)));
    };
    const WeightPlan narrow = plan("1 nA", "10 pA");
    EXPECT_EQ(narrow.wide, (std::vector<std::uint8_t>{0, 0}));
    EXPECT_LE(1000.0 / narrow.grid.steps(1)[0], 32767.0);
    const WeightPlan wide = plan("1 nA", "1 pA");
    EXPECT_EQ(wide.wide, (std::vector<std::uint8_t>{1, 0}));  // the large ones do not fit 16 bits
    EXPECT_GE(1.0 / wide.grid.steps(1)[0], enough_steps);
    EXPECT_LE(1.0 / wide.grid.steps(1)[0], 32767.0);
    const WeightPlan forced = plan("1 nA, weight_bits: 16", "1 pA");
    EXPECT_EQ(forced.wide, (std::vector<std::uint8_t>{0, 0}));
    const WeightPlan asked = plan("1 nA", "10 pA, weight_bits: 32");
    EXPECT_EQ(asked.wide, (std::vector<std::uint8_t>{0, 1}));
    const WeightPlan signs = plan("-1 nA", "1 pA");  // another receptor
    EXPECT_EQ(signs.wide, (std::vector<std::uint8_t>{0, 0}));
}

TEST(WeightBits, WideRowsArriveTheSame) {
    // A power of two times larger grid: the same sums, so the same spikes.
    const std::string beside =
        projection("from: I, to: E", "{rule: fixed_out_degree, n: 30}", "weight: -64 pA");
    const auto with = [&](const char* bits) {
        return network(beside + projection("from: E, to: E", "{rule: fixed_probability, p: 0.3}",
                                           std::string("weight: 16 pA, delay: {distribution: "
                                                       "uniform, low: 0.2 ms, high: 1 ms}") +
                                               bits));
    };
    const std::vector<Sent> wanted = run(with(""), 1);
    EXPECT_GT(wanted.size(), 200u);
    EXPECT_EQ(bytes_per_synapse(with(", weight_bits: 32"), plan_weights(with(", weight_bits: 32")),
                                with("").projections[1], Storage::rows),
              8.0);
    for (const int threads : {1, 2, 3, 7}) {
        EXPECT_EQ(run(with(", weight_bits: 32"), threads), wanted);
        EXPECT_EQ(run(with(", weight_bits: 32, procedural: true"), threads), wanted);
    }
}

/// A synapse of each weight, from E to I.
SimulationSpec listed(const std::vector<double>& weights, const std::string& more = "") {
    SimulationSpec spec = network(projection("from: E, to: I", "{rule: list, file: e.csv}", more));
    EdgeList edges;
    edges.path = "e.csv";
    for (std::uint32_t k = 0; k < weights.size(); ++k) {
        edges.source.push_back(k % 203);
        edges.target.push_back(k % 61);
    }
    edges.weight = weights;
    spec.projections[0].edges = std::make_shared<const EdgeList>(edges);
    return spec;
}
/// What a weight is on the grid, over what it should be.
double rounded(const WeightPlan& plan, double weight) {
    const std::size_t receptor = weight < 0.0 ? 1 : 0;
    return plan.grid.on_grid(1, receptor, weight) * plan.grid.steps(1)[receptor] / weight;
}

TEST(WeightBits, EachWeightOfAListCounts) {
    std::vector<double> ten_and_ten(10, 100.0);
    ten_and_ten.insert(ten_and_ten.end(), 10, 0.01);
    for (const std::vector<double>& weights : std::vector<std::vector<double>>{
             ten_and_ten, {100.0, 0.001}, {100.0, 99.0, 0.7, 5.0}, {100.0, -0.003}, {-1.0, 1e-5}}) {
        const WeightPlan plan = plan_weights(listed(weights));
        for (const double w : weights) EXPECT_NEAR(rounded(plan, w), 1.0, 0.005) << w;
    }
    EXPECT_EQ(plan_weights(listed(ten_and_ten)).wide[0], 1);
    EXPECT_EQ(plan_weights(listed({100.0, 1.0, 0.0})).wide[0], 0);
    EXPECT_EQ(plan_weights(listed({100.0, -0.003})).wide[0], 0);  // another receptor
    EXPECT_EQ(plan_weights(listed({100.0, 0.01})).wide[0], 1);
    EXPECT_EQ(plan_weights(listed({100.0, 0.01}, "weight_bits: 16")).wide[0], 0);
}

std::string plan_error(const SimulationSpec& spec) {
    try {
        plan_weights(spec);
    } catch (const ModelError& e) {
        return e.what();
    }
    return "no error";
}
void expect_plan_error(const SimulationSpec& spec, const std::string& part) {
    const std::string error = plan_error(spec);
    EXPECT_NE(error.find(part), std::string::npos) << "wanted: " << part << "\nsays: " << error;
}

TEST(WeightBits, NoWeightIsLostInSilence) {
    expect_plan_error(listed({100.0, 5e-9}),
                      "test.yaml:8:5: the weight 5e-09 of the synapse 1 to 1 "
                      "in e.csv becomes 0: weights into 'I' have steps of ");
    expect_plan_error(listed({100.0, 0.001}, "weight_bits: 16"), "becomes 0");
    expect_plan_error(listed({1e7, 0.01}),
                      "the weight 0.01 of the synapse 1 to 1 in e.csv is "
                      "rounded by ");
    EXPECT_EQ(plan_error(listed({1e7, 0.01}, "weight_bits: 32")), "no error");
    EXPECT_EQ(plan_error(listed({100.0, 0.0})), "no error");
    const auto both = [](const std::string& more) {
        return network(
            projection("from: E, to: I", "{rule: fixed_out_degree, n: 9}", "weight: 1e6 pA") +
            projection("from: I, to: I", "{rule: fixed_out_degree, n: 9}", more));
    };
    // 10 standard deviations above the mean in-degree of 30, and both ends of what a constant can
    // be, make a sum of 3.7e8 pA: 2^31 steps of 0.25 pA hold it, in which 0.3 pA is one and a
    // fifth.
    expect_plan_error(both("weight: 0.3 pA"),
                      "test.yaml:9:5: the weight 0.3 pA is rounded by 17 %");
    expect_plan_error(both("weight: 0.1 pA, short_term: {u_0: 0.01, tau_rec: 10 ms}"),
                      "the weight 0.1 pA, of which a spike brings 0.001 pA, becomes 0");
    expect_plan_error(both("weight: 0.1 pA, short_term: {u_0: 0.5, tau_rec: 10 ms}, release: "
                           "{sites: 100}"),
                      "of which a spike brings 0.001 pA, becomes 0");
    expect_plan_error(both("weight: 0.001 pA, release: {p: 0.5}"), "0.001 pA becomes 0");
    expect_plan_error(both("weight: 0.001 pA, plasticity: {rule: stdp, w_max: 90 pA}"),
                      "the weight 0.001 pA becomes 0");
    expect_plan_error(network(projection("from: E, to: E", "one_to_one",
                                         "weight: 1 pA, plasticity: {rule: stdp, w_max: 1e11 pA}")),
                      "the weight 1 pA becomes 0");
    expect_plan_error(
        both("weight: 9 pA, delay: 1 ms, plasticity: {rule: stdp, w_max: 90 pA, structure: "
             "{interval: 1 s, below: 1e-4 pA, weight: 0.001 pA}}"),
        "the weight 0.001 pA of structure becomes 0");
    expect_plan_error(
        both("weight: {distribution: lognormal, mean: 0.01 pA, std: 2}"),
        "one of those that lognormal gives, becomes 0: weights into 'I' have steps of");
    expect_plan_error(both("weight: {distribution: lognormal, mean: 0.01 pA, std: 2}"),
                      "the std of lognormal is that of the logarithm");
    expect_plan_error(both("weight: {distribution: uniform, low: 0.001 pA, high: 0.002 pA}"),
                      "one of those that uniform gives, becomes 0");
}

TEST(WeightBits, OfADistributionAllButItsTailNearZeroKeepsItsDigits) {
    const auto plan = [](const std::string& weight) {
        return plan_weights(network(two_weights("1000 pA", weight)));
    };
    // 1 % of the sum lies below a tenth of the greatest: 0.1 of a uniform distribution squared.
    EXPECT_EQ(plan("{distribution: uniform, low: 0 pA, high: 40 pA}").wide[0], 0);
    EXPECT_EQ(plan("{distribution: uniform, low: 0 pA, high: 20 pA}").wide[0], 1);
    // However few are positive, they are a tail near 0.
    EXPECT_EQ(plan("{distribution: normal, mean: -40 pA, std: 10 pA}").wide[0], 0);
    EXPECT_EQ(plan("{distribution: normal, mean: 40 pA, std: 10 pA}").wide[0], 0);
    EXPECT_EQ(plan("{distribution: normal, mean: 4 pA, std: 1 pA}").wide[0], 1);
}

TEST(WeightBits, WhatASpikeBringsCounts) {
    const auto wide = [](const std::string& more) {
        return plan_weights(network(two_weights("1000 pA", "10 pA" + more))).wide[0];
    };
    EXPECT_EQ(wide(""), 0);
    EXPECT_EQ(wide(", short_term: {u_0: 0.5, tau_rec: 10 ms}"), 0);
    EXPECT_EQ(wide(", short_term: {u_0: 0.2, tau_rec: 10 ms}"), 1);
    EXPECT_EQ(wide(", short_term: {u_0: 0.5, tau_rec: 10 ms}, release: {sites: 5}"), 1);
    EXPECT_EQ(wide(", release: {p: 0.1}"), 0);
    EXPECT_EQ(wide(", plasticity: {rule: stdp, w_max: 20 pA}"), 0);
    EXPECT_EQ(wide(", plasticity: {rule: stdp, w_max: 2000 pA}"), 0);
    EXPECT_EQ(plan_weights(
                  network(two_weights("1000 pA", "1 pA, plasticity: {rule: stdp, w_max: 2000 pA}")))
                  .wide[0],
              1);
}

TEST(WeightBits, GradedSpikesKeepTheirDigits) {
    const auto wide = [](const std::string& y_max) {
        const SimulationSpec spec = parse_simulation(
            "name: test\ndt: 1 ms\nsimulate: {duration: 40 ms}\npopulations:\n  V: {model: vsn, "
            "size: 9, y_max: " +
                y_max +
                "}\n  W: {model: vsn, size: 9}\nprojections:\n"
                "  - {from: V, to: W, connect: one_to_one, weight: 1}\n"
                "  - {from: W, to: W, connect: one_to_one, weight: 50}\n",
            "test.yaml");
        return plan_weights(spec).wide[1];
    };
    EXPECT_EQ(wide("10"), 0);
    EXPECT_EQ(wide("1000"), 0);
    EXPECT_EQ(wide("1"), 1);  // values of 0.1 matter
}

TEST(WeightBits, AWeightThatWouldBecomeZeroIsAnError) {
    const auto error = [](const std::string& large, const std::string& small) -> std::string {
        try {
            plan_weights(network(two_weights(large, small)));
        } catch (const ModelError& e) {
            return e.what();
        }
        return "no error";
    };
    EXPECT_EQ(error("1 nA", "0.01 pA"), "no error");
    EXPECT_EQ(error("1 nA, weight_bits: 16", "0 pA"), "no error");
    EXPECT_NE(error("1 nA, weight_bits: 16", "0.01 pA")
                  .find("test.yaml:9:5: the weight 0.01 pA becomes 0: weights into 'I' have steps "
                        "of 0.03125 pA"),
              std::string::npos)
        << error("1 nA, weight_bits: 16", "0.01 pA");
    EXPECT_NE(error("1 nA", "1e-9 pA").find("test.yaml:9:5: the weight 1e-09 pA becomes 0"),
              std::string::npos);
    EXPECT_NE(
        error("1e300 pA", "1 pA").find("test.yaml:8:71: weight cannot be as large as '1e300 pA'"),
        std::string::npos)
        << error("1e300 pA", "1 pA");
}

TEST(Storage, MemoryIsEstimated) {
    const auto bytes = [](const std::string& more) {
        return estimate_memory(network(projection("from: E, to: I", "all_to_all", more)))
            .back()
            .bytes;
    };
    EXPECT_EQ(bytes("weight: 9 pA"), 0u);
    EXPECT_EQ(bytes(at_once), 203u * 61u * 2u);
    EXPECT_EQ(bytes(varied), 203u * 61u * 4u);
    EXPECT_EQ(bytes(varied + ", procedural: true"), 0u);
}

}  // namespace
}  // namespace snnsim
