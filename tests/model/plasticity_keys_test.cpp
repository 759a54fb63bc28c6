// What the reader says of plasticity that cannot be.
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

std::string with(const std::string& keys, const std::string& weight = "weight: 87.8 pA") {
    return changed("weight: 87.8 pA, delay: 1.5 ms}", weight + ", delay: 1.5 ms, " + keys + "}");
}
std::string rule(const std::string& keys) {
    return with("plasticity: {rule: stdp, w_max: 200 pA" + keys + "}");
}

TEST(PlasticityKeys, Good) {
    EXPECT_EQ(error_of(rule("")), "no error");
    EXPECT_EQ(error_of(rule(", w_min: 10 pA, dendritic: true, dependence: power_law, mu_plus: 0.4, "
                            "normalise: {sum: 800 pA, interval: 1 s}")),
              "no error");
    EXPECT_EQ(error_of(with("short_term: {u_0: 0.2, tau_rec: 100 ms}, release: {sites: 4}")),
              "no error");
    EXPECT_EQ(error_of(replaced(rule(""), "record:",
                                "record:\n  - {projection: E_to_I, what: weight, interval: 1 s}")),
              "no error");
}

TEST(PlasticityKeys, Bounds) {
    expect_error(with("plasticity: {rule: stdp, w_max: 50 pA}"),
                 "outside w_min (0) and w_max (50)");
    expect_error(with("plasticity: {rule: stdp, w_max: 0 pA}"), "w_max must not be 0");
    expect_error(with("plasticity: {rule: stdp, w_max: 5 mV}"), "w_max is a voltage");
    expect_error(rule(", w_min: -1 pA"), "must have one sign");
    expect_error(rule(", w_min: 300 pA"), "must lie between 0 and w_max");
    expect_error(with("plasticity: {rule: stdp, w_max: 200 pA}",
                      "weight: {distribution: normal, mean: 50 pA, std: 5 pA}"),
                 "add low and high");
    expect_error(with("plasticity: {rule: stdp}"), "missing the key 'w_max'");
}

TEST(PlasticityKeys, Rules) {
    expect_error(with("plasticity: {rule: sdtp, w_max: 200 pA}"), "did you mean 'stdp'?");
    expect_error(rule(", tau_plus: 0 ms"), "tau_plus must be greater than 0 ms");
    expect_error(rule(", a_plus: 1.5"), "moves a weight from bound to bound");
    expect_error(rule(", a_plus: 0.5, learning_rate: 3"), "write at most 0.333");
    expect_error(rule(", mu_plus: 0.4"), "dependence: additive does not use 'mu_plus'");
    expect_error(rule(", tau_plus: 100000 s"), "longer than 10 million steps");
    expect_error(rule(", tau: 20 ms"), "unknown key 'tau' in plasticity");
    expect_error(with("plasticity: {rule: reward_stdp, w_max: 200 pA, interval: 2 s}"),
                 "longer than tau_c");
}

TEST(PlasticityKeys, Homeostasis) {
    expect_error(rule(", normalise: {sum: -800 pA, interval: 1 s}"), "the sign of w_max");
    expect_error(rule(", normalise: {sum: 800 pA, interval: 0.15 ms}"), "whole multiple of dt");
    expect_error(rule(", normalise: {sum: 5 mV, interval: 1 s}"), "sum is a voltage");
    expect_error(rule(", scaling: {interval: 1 s}"), "missing the key 'rate'");
    expect_error(
        with("plasticity: {rule: stdp, w_max: 200 pA, normalise: {sum: 800 pA, interval: 1 s}}",
             "weight: 0 pA"),
        "with normalise weights must not all be 0");
}

TEST(PlasticityKeys, Structure) {
    const auto structure = [](const std::string& keys) {
        return rule(", w_min: 10 pA, structure: {interval: 1 s" + keys + "}");
    };
    EXPECT_EQ(error_of(structure(", below: 20 pA, weight: 50 pA")), "no error");
    EXPECT_EQ(error_of(structure(", below: 20 pA, rewire: false")), "no error");
    expect_error(structure(""), "missing the key 'below'");
    expect_error(structure(", below: 20 pA"), "structure is missing the key 'weight'");
    expect_error(structure(", below: 20 pA, weight: 5 pA"), "weight (5) must lie between w_min");
    expect_error(structure(", below: 20 pA, weight: 15 pA"), "would be removed again");
    expect_error(structure(", below: 10 pA, rewire: false"), "below (10) is w_min");
    expect_error(structure(", below: 10.00000001 pA, rewire: false"), "rounds to w_min (10)");
    EXPECT_EQ(error_of(structure(", below: 10.000001 pA, rewire: false")), "no error");
    expect_error(structure(", below: 300 pA, rewire: false"), "must lie between w_min");
    expect_error(structure(", below: 20 mV, weight: 50 pA"), "below is a voltage");
    expect_error(structure(", below: 20 pA, weight: 50 pA, rewire: false"),
                 "with rewire: false there are none");
    expect_error(
        replaced(structure(", below: 20 pA, rewire: false"), "interval: 1 s", "interval: 0.15 ms"),
        "whole multiple of dt");
    expect_error(replaced(structure(", below: 20 pA, rewire: false"), "delay: 1.5 ms",
                          "delay: {distribution: uniform, low: 1 ms, high: 2 ms}"),
                 "have one delay");
    expect_error(replaced(structure(", below: 20 pA, rewire: false"), "record:",
                          "record:\n  - {projection: E_to_I, what: weight, interval: 1 s}"),
                 "its synapses do not stay the same");
}

TEST(PlasticityKeys, Schedule) {
    const auto schedule = [](const std::string& keys) {
        return rule(", schedule: {" + keys + "}");
    };
    EXPECT_EQ(error_of(schedule("times: [0 s, 1 s], factors: [1, 0]")), "no error");
    expect_error(schedule("times: [1 s]"), "missing the key 'factors'");
    expect_error(schedule("times: [1 s, 2 s], factors: [1]"),
                 "times has 2 entries and factors has 1");
    expect_error(schedule("times: [2 s, 1 s], factors: [1, 0]"), "times must ascend");
    expect_error(schedule("times: [1 s], factors: [-1]"), "must be at least 0");
    expect_error(rule(", a_plus: 0.5, schedule: {times: [1 s], factors: [3]}"),
                 "with learning_rate 3 one pair of spikes moves a weight from bound to bound");
}

TEST(PlasticityKeys, OntoWhatTakesNoInput) {
    expect_error(changed("from: E, to: I, connect: {rule: fixed_probability, p: 0.1}, weight: 87.8 "
                         "pA, delay: 1.5 ms}",
                         "from: E, to: S, connect: all_to_all, weight: 1 pA, plasticity: {rule: "
                         "stdp, w_max: 2 pA}}"),
                 "m.yaml:9:19: 'S' is a poisson_source, which takes no input");
}

TEST(PlasticityKeys, ShortTermAndRelease) {
    expect_error(with("short_term: {u_0: 1.5}"), "u_0 must be greater than 0 and at most 1");
    expect_error(with("short_term: {tau_rec: 0 ms}"), "tau_rec must be greater than 0 ms");
    expect_error(with("release: {}"), "release is missing the key 'p'");
    expect_error(with("short_term: {u_0: 0.5}, release: {p: 0.5}"), "leave p out");
    expect_error(
        with("short_term: {u_0: 0.5}", "weight: {distribution: normal, mean: 50 pA, std: 5 pA}"),
        "with short_term all weights have one sign");
    expect_error(with("release: {p: 0.5}, procedural: true"), "cannot have release");
    expect_error(with("release: {p: 0.5}, weight_bits: 16"), "leave weight_bits out");
}

TEST(PlasticityKeys, Records) {
    const auto record = [](const std::string& keys) {
        return replaced(rule(""), "record:", "record:\n  - {" + keys + "}");
    };
    expect_error(record("projection: E_to_X, what: weight, interval: 1 s"),
                 "there is no projection 'E_to_X'; did you mean 'E_to_I'?");
    expect_error(record("projection: I_to_E, what: weight, interval: 1 s"), "has no plasticity");
    expect_error(record("projection: E_to_I, what: weight"), "missing the key 'interval'");
    expect_error(record("projection: E_to_I, what: v, interval: 1 s"),
                 "weight or weight_histogram is recorded, not 'v'");
    EXPECT_EQ(
        error_of(record("projection: E_to_I, what: weight_histogram, interval: 1 s, bins: 20")),
        "no error");
    EXPECT_EQ(error_of(record("projection: E_to_I, what: weight, synapses: [[0, 3], [79, 19]]")),
              "no error");
    expect_error(record("projection: E_to_I, what: weight, interval: 1 s, bins: 20"),
                 "bins are those of a weight_histogram");
    expect_error(record("projection: E_to_I, what: weight_histogram, interval: 1 s, bins: 0"),
                 "bins must be between 1 and 10000");
    expect_error(record("projection: E_to_I, what: weight_histogram"),
                 "missing the key 'interval'");
    expect_error(record("projection: E_to_I, what: weight, synapses: [[0, 20]]"),
                 "m.yaml:16:51: 'I' has no cell 20: its 20 cells are numbered from 0");
    expect_error(record("projection: E_to_I, what: weight, synapses: [[0, 1], [0, 1]]"),
                 "from 0 to 1 is listed already");
    expect_error(record("projection: E_to_I, what: weight, synapses: [[0, 1, 2]]"),
                 "a list of two cells");
    expect_error(record("projection: E_to_I, what: weight, synapses: []"), "synapses lists none");
    expect_error(record("projection: E_to_I, what: weight, synapses: [[0, 1]], interval: 1 s"),
                 "leave interval out");
    expect_error(record("population: I, what: v, synapses: [[0, 1]]"),
                 "synapses is for records of weights");
    expect_error(replaced(record("projection: E_to_I, what: weight, interval: 1 s"), "record:",
                          "record:\n  - {projection: E_to_I, what: weight, interval: 2 s}"),
                 "weight of 'E_to_I' is recorded already");
    expect_error(record("projection: E_to_I, what: weight, interval: 1 s, cells: 3"),
                 "cells is for records of a population");
    expect_error(record("what: spikes"), "missing the key 'population' (or 'projection')");
}

TEST(PlasticityKeys, Gliotransmission) {
    const auto glia = [](const std::string& keys, const std::string& size = "80",
                         const std::string& release = "release: {p: 0.5}") {
        return replaced(
            with(release + (release.empty() ? "" : ", ") + "gliotransmission: {" + keys + "}"),
            "  S: {", "  G: {model: astrocyte_light, size: " + size + "}\n  S: {");
    };
    EXPECT_EQ(error_of(glia("from: G, alpha: 0, at: source")), "no error");
    EXPECT_EQ(error_of(glia("from: G, alpha: 1", "20")), "no error");
    EXPECT_EQ(error_of(glia("from: G, alpha: 1, at: source", "80",
                            "short_term: {u_0: 0.2, tau_rec: 100 ms}")),
              "no error");
    expect_error(glia("from: G, alpha: 0, at: source", "80", ""),
                 "gliotransmission changes u_0 of short_term, or p of release; add one");
    expect_error(glia("from: G, alpha: 0"), "'I' has 20 cells and 'G' 80: which of them goes");
    expect_error(glia("from: g, alpha: 0"), "did you mean 'G'?");
    expect_error(glia("from: E, alpha: 0, at: source"), "which has no state 'gamma'");
    expect_error(glia("from: E, alpha: 0, state: v, at: source"),
                 "v is in mV, but gamma is a share");
    expect_error(glia("from: G, alpha: 2, at: source"), "alpha must be between 0 and 1");
    expect_error(glia("from: G, at: source"), "missing the key 'alpha'");
    expect_error(glia("from: G, alpha: 0, at: middle"), "'middle'");
    EXPECT_EQ(error_of(glia("from: G, alpha: 0, at: source", "80, space: {grid: [80]}")),
              "no error");
    expect_error(
        replaced(glia("from: G, alpha: 0, at: source",
                      "80, space: {positions: uniform, extent: [1, 1]}"),
                 "size: 80, model", "size: 80, space: {positions: uniform, extent: [1]}, model"),
        "lie in spaces of 1 dimension and 2");
    expect_error(
        replaced(
            rule(", structure: {interval: 1 s, below: 1 pA, weight: 50 pA}}, short_term: {u_0: "
                 "0.5}, gliotransmission: {from: G, alpha: 0, at: source"),
            "  S: {", "  G: {model: astrocyte_light, size: 80}\n  S: {"),
        "leave gliotransmission or structure out");
}

}  // namespace
}  // namespace snnsim
