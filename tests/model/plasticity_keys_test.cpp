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
                 "weight is recorded, not 'v'");
    expect_error(record("projection: E_to_I, what: weight, interval: 1 s, cells: 3"),
                 "cells is for records of a population");
    expect_error(record("what: spikes"), "missing the key 'population' (or 'projection')");
}

}  // namespace
}  // namespace snnsim
