// What is said of a key or a value of a simulation that is wrong on its own, and where.
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

void expect_weight_error(const std::string& weight, const std::string& part) {
    expect_error(changed("87.8 pA", weight), part);
}

TEST(SimulationKeys, UnknownKeysAndNames) {
    expect_error(changed("tau_m: 15 ms", "tau: 15 ms"),
                 "m.yaml:5:43: unknown key 'tau' in E; did you mean 'tau_m'? (known: model, size, "
                 "initial, rate, space, dale, c_m, tau_m,");
    expect_error(changed("rate: 8 Hz", "rat: 8 Hz"),
                 "unknown key 'rat' in S; did you mean 'rate'? (known: model, size, initial, rate, "
                 "space, dale, "
                 "amplitude, frequency, phase)");
    expect_error(changed("model: poisson_source", "model: poisson"),
                 "m.yaml:7:24: unknown model 'poisson'; did you mean 'poisson_source'?");
    expect_error(changed("initial: {v: -60 mV}", "initial: {vm: -60 mV}"),
                 "m.yaml:5:67: 'vm' is no state variable of iaf_psc_exp; did you mean 'v'? (known: "
                 "v, i_ex, i_in, refractory)");
    expect_error(changed("initial: {v: -60 mV}", "initial: -60 mV"),
                 "initial must be a mapping (key: value), not '-60 mV'");
    expect_error(changed("kind: dc", "kind: cd"),
                 "m.yaml:14:19: unknown kind 'cd'; did you mean 'dc'? (known: poisson, dc, steps, "
                 "ramp, sine, noise, white_noise, waveform)");
    expect_error(changed("amplitude: 300 pA", "amplitude: 300 pA, rate: 3 Hz"),
                 "unknown key 'rate' in stimuli[1] (known: kind, to, start, stop, amplitude)");
    expect_error(changed("connect: one_to_one", "connect: one_to_many"),
                 "m.yaml:11:31: rule cannot be 'one_to_many'; did you mean 'one_to_one'?");
    expect_error(changed("simulate: {", "train: {}\nsimulate: {"),
                 "m.yaml:3:1: unknown key 'train' in the model file");
}

TEST(SimulationKeys, MissingKeys) {
    expect_error(changed("duration: 1 s", ""), "simulate is missing the key 'duration'");
    expect_error(changed("kind: dc, ", ""), "stimuli[1] is missing the key 'kind'");
    expect_error(changed("amplitude: 300 pA, ", ""), "stimuli[1] is missing the key 'amplitude'");
    expect_error(changed("weight: -0.4 nA", ""),
                 "m.yaml:10:5: projections[1] is missing the key 'weight'");
    expect_error(changed("rule: fixed_probability, ", ""),
                 "m.yaml:9:31: connect is missing the key 'rule'");
}

TEST(SimulationKeys, WrongQuantities) {
    expect_weight_error("87.8 ms",
                        "m.yaml:9:74: '87.8 ms' is a time, but weight is a current, a voltage, a "
                        "conductance, a rate or a number without a unit, for example '87.8 pA'");
    expect_weight_error("87.8 pa", "unknown unit 'pa' in '87.8 pa'; did you mean 'pA'?");
    expect_weight_error("strong", "'strong' is no number; weight is a current,");
    expect_error(changed("delay: 1.5 ms", "delay: 1.5"), "delay needs a unit: write '1.5 ms'");
    expect_error(changed("v: -60 mV", "v: -60 pA"),
                 "m.yaml:5:70: '-60 pA' is a current, but v is a voltage");
    expect_error(changed("n: 5", "n: 0.5"), "n must be a whole number; found '0.5'");
    expect_error(changed("p: 0.1", "p: 1.5"),
                 "m.yaml:9:60: p must be between 0 and 1; found '1.5'");
    expect_error(changed("p: 0.1", "p: -0.1"), "p must be at least 0; found '-0.1'");
    expect_error(changed("tau_m: 15 ms", "t_ref: -1 ms"),
                 "m.yaml:5:50: t_ref must be at least 0 ms; found '-1 ms'");
    expect_error(good_simulation + "scale: {neurons: 0}\n",
                 "m.yaml:18:18: neurons must be greater than 0 and at most 1; found '0'");
}

TEST(SimulationKeys, Distributions) {
    expect_weight_error("{distribution: gauss, mean: 1 pA}",
                        "m.yaml:9:89: distribution cannot be 'gauss' (one of: constant, uniform, "
                        "normal, lognormal, exponential)");
    expect_weight_error("{mean: 1 pA, std: 1 pA}",
                        "m.yaml:9:74: weight is missing the key 'distribution': one of constant, "
                        "uniform,");
    expect_weight_error("{distribution: normal, mean: 1 pA}",
                        "m.yaml:9:74: weight is missing the key 'std' of normal: standard "
                        "deviation");
    expect_weight_error("{distribution: uniform, low: 1 pA}",
                        "weight is missing the key 'high' of uniform");
    expect_weight_error(
        "{distribution: uniform, low: 1 pA, high: 2 pA, outside: clip}",
        "unknown key 'outside' in weight (known: distribution, low, high, power, draw)");
    expect_weight_error("{distribution: normal, mean: 1 pA, sd: 1 pA, std: 1 pA}",
                        "m.yaml:9:109: unknown key 'sd' in weight; did you mean 'std'?");
    expect_weight_error("{distribution: normal, mean: 1 pA, std: -1 pA}",
                        "m.yaml:9:114: std must be at least 0 pA; found '-1 pA'");
    expect_weight_error("{distribution: normal, mean: 1 pA, std: 1 mV}",
                        "'1 mV' is a voltage, but std is a current");
    expect_weight_error("{distribution: normal, mean: 1 pA, std: 1}",
                        "std needs a unit: write '1 pA'");
    expect_weight_error("{distribution: lognormal, mean: 1 pA, std: 1 pA}",
                        "'1 pA' is a current, but std is a number without a unit");
    expect_weight_error("{distribution: uniform, low: 3 pA, high: 2 pA}",
                        "m.yaml:9:103: low (3 pA) is greater than high (2 pA)");
    expect_weight_error("{distribution: exponential, mean: 0 pA}",
                        "the mean of exponential must not be 0; write value: 0 for a constant");
    expect_weight_error("{distribution: normal, mean: 1 pA, std: 1 pA, outside: drop}",
                        "outside cannot be 'drop'");
    expect_weight_error("[1 pA]", "weight must be a mapping (key: value), not a list");
}

TEST(SimulationKeys, BoundsThatNoValueMeets) {
    expect_weight_error("{distribution: normal, mean: 0 pA, std: 1 pA, low: 50 pA}",
                        "m.yaml:9:125: no value of normal with mean 0 pA and std 1 pA lies above "
                        "low (50 pA); write bounds that its values reach");
    expect_weight_error("{distribution: normal, mean: 0 pA, std: 1 pA, low: 20 pA, high: 30 pA}",
                        "lies between low (20 pA) and high (30 pA)");
    expect_weight_error("{distribution: normal, mean: 1 pA, std: 0 pA, high: 0.5 pA}",
                        "m.yaml:9:126: no value of normal with mean 1 pA and std 0 pA lies below "
                        "high (0.5 pA)");
    expect_weight_error(
        "{distribution: lognormal, mean: 1 pA, std: 0.1, high: 0.1 pA}",
        "no value of lognormal with mean 1 pA and std 0.1 lies below high (0.1 pA)");
    expect_weight_error("{distribution: lognormal, mean: 1 pA, std: 1, high: -1 pA}",
                        "no value of lognormal with mean 1 pA and std 1 lies below high (-1 pA)");
    expect_weight_error("{distribution: exponential, mean: -2 pA, low: 1 pA}",
                        "no value of exponential with mean -2 pA lies above low (1 pA)");
    expect_weight_error("{distribution: exponential, mean: 2 pA, low: 200 pA}",
                        "no value of exponential with mean 2 pA lies above low (200 pA)");
    for (const char* good :
         {"{distribution: normal, mean: 0 pA, std: 1 pA, low: 12 pA}",
          "{distribution: normal, mean: 1 pA, std: 0 pA, low: 1 pA}",
          "{distribution: normal, mean: 0 pA, std: 1 pA, low: 50 pA, outside: clip}",
          "{distribution: lognormal, mean: -1 pA, std: 1, high: -0.5 pA, low: -3 pA}",
          "{distribution: exponential, mean: -2 pA, high: -1 pA}"})
        EXPECT_EQ(error_of(changed("87.8 pA", good)), "no error") << good;
    // Wherever a distribution may stand.
    const std::string none = "{distribution: normal, mean: 1 UNIT, std: 1 UNIT, low: 50 UNIT}";
    const auto in = [&](const std::string& unit) {
        std::string out = none;
        for (std::size_t at; (at = out.find("UNIT")) != std::string::npos;)
            out.replace(at, 4, unit);
        return out;
    };
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"tau_m: 15 ms", "tau_m: " + in("ms")},
             {"v: -60 mV", "v: " + in("mV")},
             {"delay: 1.5 ms", "delay: " + in("ms")},
             {"amplitude: 300 pA", "amplitude: " + in("pA")},
             {"rate: 8 Hz", "rate: " + replaced(in("Hz"), "}", ", high: 60 Hz}")}})
        expect_error(changed(from, to), "no value of normal with mean 1");
}

TEST(SimulationKeys, TheStdOfALognormalIsThatOfTheLogarithm) {
    expect_weight_error("{distribution: lognormal, mean: 100 pA, std: 50}",
                        "m.yaml:9:119: the std of lognormal is that of the logarithm, without a "
                        "unit: with 50, values go from");
    // sqrt(ln((1 + sqrt(1 + 4 (50 / 100)^2)) / 2)), as (y - 1) y = (50 / 100)^2 for y = e^(std^2)
    expect_weight_error("{distribution: lognormal, mean: 100 pA, std: 50}",
                        "for values with a std of 50 pA write std: 0.434, or set low and high");
    expect_error(changed("tau_m: 15 ms", "tau_m: {distribution: lognormal, mean: 15 ms, std: 7}"),
                 "the std of lognormal is that of the logarithm");
    for (const char* good :
         {"{distribution: lognormal, mean: 100 pA, std: 4}",
          "{distribution: lognormal, mean: -100 pA, std: 50, low: -1 nA, high: -1 pA}"})
        EXPECT_EQ(error_of(changed("87.8 pA", good)), "no error") << good;
}

TEST(SimulationKeys, RulesThatFindNoPartner) {
    const auto connected = [](const std::string& rule) {
        const std::string one = replaced(
            changed("I: {<<: *cell, size: 20", "I: {<<: *cell, size: 1"), "cells: 3, ", "");
        return replaced(one, "{from: E, to: I, connect: {rule: fixed_probability, p: 0.1}",
                        "{from: I, to: I, connect: {rule: " + rule + ", autapses: false}");
    };
    for (const std::string rule : {"fixed_in_degree", "fixed_out_degree", "fixed_total_number"})
        expect_error(connected(rule + ", n: 1"),
                     "m.yaml:9:31: " + rule +
                         " finds no partner: 'I' has one cell, and with autapses: false it may not "
                         "connect to itself; write more cells, or autapses: true");
    expect_error(connected("fixed_total_number, p: 0.5"), "fixed_total_number finds no partner");
    expect_error(connected("fixed_in_degree, n: 1, multapses: false"),
                 "fixed_in_degree finds no partner");
    for (const char* rule : {"fixed_in_degree, n: 0", "fixed_total_number, n: 0", "all_to_all",
                             "fixed_probability, p: 0.5"})
        EXPECT_EQ(error_of(connected(rule)), "no error") << rule;
    // By scale.
    const auto scaled = [](const std::string& neurons) {
        const std::string ten = changed("I: {<<: *cell, size: 20", "I: {<<: *cell, size: 10");
        return replaced(ten, "{from: I, to: E, connect: {rule: fixed_in_degree, n: 5}",
                        "{from: I, to: I, connect: {rule: fixed_in_degree, n: 5, autapses: "
                        "false}") +
               "scale: {neurons: " + neurons + "}\n";
    };
    expect_error(scaled("0.1"), "fixed_in_degree finds no partner: 'I' has one cell after scaling");
    EXPECT_EQ(error_of(scaled("0.2")), "no error");
}

TEST(SimulationKeys, LimitsHoldForDistributionsToo) {
    const auto expect_tau_error = [](const std::string& tau, const std::string& part) {
        expect_error(changed("tau_m: 15 ms", "tau_m: " + tau), part);
    };
    expect_tau_error("{distribution: normal, mean: 10 ms, std: 1 ms}",
                     "m.yaml:5:50: tau_m must be greater than 0 ms, but normal can give other "
                     "values; add low");
    expect_tau_error("{distribution: uniform, low: 0 ms, high: 1 ms}",
                     "low must be greater than 0 ms; found '0 ms'");
    expect_tau_error("{distribution: constant, value: 0 ms}", "value must be greater than 0 ms");
    EXPECT_EQ(error_of(changed("tau_m: 15 ms",
                               "tau_m: {distribution: lognormal, mean: 10 ms, std: 0.1}")),
              "no error");
    expect_error(changed("kind: dc, amplitude: 300 pA", "kind: noise, std: -3 pA"),
                 "std must be at least 0 pA; found '-3 pA'");
    // Numbers of anything but cells are plain.
    expect_error(changed("rate: 8 kHz", "rate: {distribution: uniform, low: 1 Hz, high: 2 Hz}"),
                 "rate must be a single value, not a mapping");
}

TEST(SimulationKeys, AllErrorsAreToldAtOnce) {
    std::string text = changed("duration: 1 s", "duration: 1.05 ms");
    text = replaced(text, "v: -60 mV", "u: -60 mV");
    text = replaced(text, "p: 0.1", "q: 0.1");
    text = replaced(text, "to: E, connect: one", "to: e, connect: one");
    text = replaced(text, "300 pA", "300 mV");
    text = replaced(text, "what: i_ex", "what: i_e");
    EXPECT_EQ(problems_in(error_of(text)), 6) << error_of(text);
}

}  // namespace
}  // namespace snnsim
