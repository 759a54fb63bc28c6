// What is said of parts of a simulation that do not fit each other, and where.
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

void expect_connect_error(const std::string& connect, const std::string& part) {
    expect_error(changed("{rule: fixed_in_degree, n: 5}", connect), part);
}

TEST(SimulationParts, Names) {
    expect_error(changed("name: net", "name: a/b"), "m.yaml:1:7: the name 'a/b' may hold only");
    expect_error(changed("to: I, connect", "to: J, connect"),
                 "m.yaml:9:19: there is no population 'J' (there are: E, I, S)");
    expect_error(changed("{to: E, kind", "{to: EE, kind"),
                 "m.yaml:13:10: there is no population 'EE'; did you mean 'E'?");
    expect_error(changed("population: I", "population: i"),
                 "m.yaml:17:18: there is no population 'i'; did you mean 'I'?");
    expect_error(changed("  S:", "  E: {}\n  S:"),
                 "m.yaml:7:3: 'E' is given twice, first in line 5");
    const auto second = [](const std::string& name) {
        return changed("stimuli:", "  - {from: E, to: I, connect: all_to_all, weight: 1 pA" + name +
                                       "}\nstimuli:");
    };
    expect_error(second(""),
                 "m.yaml:12:5: another projection is called 'E_to_I' too; give this one a name of "
                 "its own, for example 'name: E_to_I_2'");
    expect_error(second(", name: I_to_E"), "m.yaml:12:63: another projection is called 'I_to_E'");
    expect_error(second(", name: a/b"),
                 "m.yaml:12:63: the name of a projection, 'a/b' may hold only");
    EXPECT_EQ(error_of(second(", name: fast")), "no error");
}

TEST(SimulationParts, Units) {
    expect_error(changed("87.8 pA", "0.1 mV"),
                 "m.yaml:9:74: weight is a voltage, but 'I' (iaf_psc_exp) takes a current (pA)");
    expect_error(changed("87.8 pA", "0.1"),
                 "weight is a number without a unit, but 'I' (iaf_psc_exp) takes a current (pA)");
    expect_error(changed("weight: 87.8 pA}", "weight: 1 nS}"),
                 "m.yaml:13:49: weight is a conductance, but 'E' (iaf_psc_exp) takes a current");
    expect_error(changed("300 pA", "3 mV"),
                 "m.yaml:14:34: amplitude is a voltage, but 'I' (iaf_psc_exp) takes a current");
    const std::string izhikevich =
        changed("{<<: *cell, size: 20, tau_m: 12 ms}", "{size: 20, model: izhikevich}");
    EXPECT_NE(error_of(izhikevich)
                  .find("amplitude is a current, but 'I' (izhikevich) takes a number without a "
                        "unit\n"),
              std::string::npos);
    const std::string delta =
        changed("{<<: *cell, size: 20, tau_m: 12 ms}", "{size: 20, model: iaf_psc_delta}");
    EXPECT_EQ(error_of(replaced(replaced(delta, "87.8 pA", "0.1 mV"), "what: i_ex", "what: v")),
              "no error");
    EXPECT_EQ(error_of(changed("300 pA, start: 100 ms", "300 pA, start: 100 ms"),
                       {"stimuli.1={to: I, kind: sine, amplitude: 3 pA, frequency: 4 Hz}"}),
              "no error");  // an offset that is not given has no unit
}

TEST(SimulationParts, SourcesTakeNothing) {
    expect_error(changed("from: E, to: I", "from: E, to: S"),
                 "m.yaml:9:19: 'S' is a poisson_source, which takes no input");
    expect_error(changed("{to: E, kind", "{to: S, kind"),
                 "m.yaml:13:10: 'S' is a poisson_source, which takes no input");
    expect_error(
        changed("{to: I, kind", "{to: S, kind"),
        "m.yaml:14:34: amplitude is a current, but 'S' (poisson_source) takes a rate (Hz)");
    expect_error(
        replaced(changed("{to: I, kind", "{to: S, kind"), "poisson_source", "regular_source"),
        "m.yaml:14:34: amplitude is a current, but 'S' (regular_source) takes a rate (Hz)");
}

TEST(SimulationParts, KeysOfRules) {
    expect_connect_error("fixed_in_degree",
                         "m.yaml:10:31: fixed_in_degree is missing the key 'n', for example "
                         "'n: 100'");
    expect_connect_error("fixed_probability",
                         "fixed_probability is missing the key 'p', for example 'p: 0.1'");
    expect_connect_error("{rule: fixed_probability, p: 0.1, n: 5}",
                         "m.yaml:10:68: fixed_probability does not use 'n' (it takes: p, "
                         "autapses, mask, kernel)");
    expect_connect_error("{rule: fixed_probability, p: 0.1, multapses: true}",
                         "fixed_probability does not use 'multapses'");
    expect_connect_error("{rule: all_to_all, p: 0.1}",
                         "all_to_all does not use 'p' (it takes: autapses, own, mask)");
    expect_error(changed("connect: one_to_one", "connect: {rule: one_to_one, autapses: false}"),
                 "one_to_one does not use 'autapses'\n");
    expect_connect_error("fixed_total_number",
                         "fixed_total_number is missing the key 'n' (or 'p'), for example");
    expect_connect_error("{rule: fixed_total_number, n: 5, p: 0.1}",
                         "fixed_total_number takes n or p, not both");
    expect_connect_error("{rule: fixed_total_number, p: 1}", "p must be less than 1");
    expect_connect_error("{rule: fixed_total_number, n: 5, multapses: false}",
                         "fixed_total_number draws every pair anew and so has multapses");
    for (const char* connect :
         {"{rule: fixed_total_number, p: 0.1}", "{rule: fixed_total_number, n: 5, autapses: false}",
          "{rule: all_to_all, autapses: false}", "{rule: all_to_all, own: true}",
          "{rule: fixed_out_degree, n: 5, multapses: false, autapses: false}"}) {
        EXPECT_EQ(error_of(changed("{rule: fixed_in_degree, n: 5}", connect)), "no error");
    }
}

TEST(SimulationParts, AllButItsOwn) {
    const auto with = [](const std::string& to, const std::string& own) {
        return changed("from: S, to: E, connect: one_to_one",
                       "from: S, to: " + to + ", connect: {rule: all_to_all, own: " + own + "}");
    };
    EXPECT_EQ(error_of(with("E", "false")), "no error");
    expect_error(with("I", "false"),
                 "m.yaml:11:55: own: false needs populations of one size; 'S' has 80 cells and 'I' "
                 "has 20");
    expect_error(replaced(with("E", "false"), "from: S", "from: E"),
                 "own is for two populations; within 'E' write autapses: false");
    expect_connect_error("{rule: fixed_in_degree, n: 5, own: false}",
                         "fixed_in_degree does not use 'own'");
}

TEST(SimulationParts, Lists) {
    const std::string list = "{rule: list, file: e.csv}";
    EXPECT_EQ(error_of(changed("{rule: fixed_in_degree, n: 5}", list)), "no error");
    EXPECT_EQ(error_of(changed("{rule: fixed_in_degree, n: 5}, weight: -0.4 nA", list)),
              "no error");
    expect_connect_error("list", "list is missing the key 'file', for example 'file: edges.csv'");
    expect_connect_error("{rule: list, file: e.txt}",
                         "m.yaml:10:50: 'e.txt' must end in .csv, .h5 or .hdf5");
    expect_connect_error("{rule: fixed_in_degree, n: 5, file: e.csv}",
                         "fixed_in_degree does not use 'file'");
    expect_error(changed("{rule: fixed_in_degree, n: 5}, weight: -0.4 nA",
                         list + ", weight: {distribution: normal, mean: 1 pA, std: 1 pA}"),
                 "m.yaml:10:66: beside a list, weight must be a single value; write others into a "
                 "column 'weight' of the file");
    expect_error(changed("{rule: fixed_in_degree, n: 5}", list) + "scale: {neurons: 0.5}\n",
                 "m.yaml:10:31: scale cannot make a list of synapses smaller");
}

TEST(SimulationParts, Procedural) {
    const auto with = [](const std::string& connect) {
        return changed("{rule: fixed_in_degree, n: 5}", connect + ", procedural: true");
    };
    EXPECT_EQ(error_of(with("{rule: fixed_in_degree, n: 5}")), "no error");
    expect_error(with("{rule: fixed_in_degree, n: 5, multapses: false}"),
                 "m.yaml:10:92: procedural draws the synapses of a source when it fires, but "
                 "whether a target has a source already only the target knows");
    expect_error(with("{rule: list, file: e.csv}"), "but a list is not drawn");
    EXPECT_EQ(error_of(with("{rule: fixed_total_number, n: 5}")), "no error");
    expect_error(changed("87.8 pA", "87.8 pA, weight_bits: 24"),
                 "weight_bits cannot be '24' (one of: auto, 16, 32)");
}

TEST(SimulationParts, RulesAndSizes) {
    expect_connect_error("one_to_one",
                         "m.yaml:10:31: one_to_one needs populations of one size; 'I' has 20 "
                         "cells and 'E' has 80");
    expect_connect_error("{rule: fixed_in_degree, n: 21, multapses: false}",
                         "m.yaml:10:58: n is 21, but 'I' has only 20 sources; write a smaller n, "
                         "or multapses: true");
    expect_connect_error("{rule: fixed_out_degree, n: 81, multapses: false}",
                         "n is 81, but 'E' has only 80 targets");
    EXPECT_EQ(error_of(changed("n: 5", "n: 21")), "no error");
    const std::string itself =
        changed("from: I, to: E, connect: {rule: fixed_in_degree, n: 5}",
                "from: I, to: I, connect: {rule: fixed_in_degree, n: 20, multapses: false}");
    EXPECT_EQ(error_of(itself), "no error");
    expect_error(replaced(itself, "multapses", "autapses: false, multapses"),
                 "n is 20, but 'I' has only 19 other sources");
    expect_error(replaced(itself, "record:", "scale: {neurons: 0.5}\nrecord:"),
                 "n is 20 after scaling, but 'I' has only 10 sources");
}

TEST(SimulationParts, Delays) {
    expect_error(changed("delay: 1.5 ms", "delay: 0.05 ms"),
                 "m.yaml:9:90: delay (0.05 ms) is shorter than dt (0.1 ms), the shortest that "
                 "there is; write at least 0.1 ms, or a smaller dt");
    expect_error(changed("delay: 1.5 ms", "delay: -1 ms"), "delay (-1 ms) is shorter than dt");
    expect_error(changed("delay: 1.5 ms", "delay: 1.1 s"),
                 "delay (1100 ms) is longer than 10000 steps of dt (0.1 ms); write at most 1000 "
                 "ms");
    expect_error(changed("delay: 1.5 ms", "delay: {distribution: uniform, low: 1 ms, high: 1.1 s}"),
                 "delay (1100 ms) is longer than 10000 steps");
    EXPECT_EQ(error_of(changed("delay: 1.5 ms",
                               "delay: {distribution: normal, mean: 1.5 ms, std: 0.75 ms}")),
              "no error");
    EXPECT_EQ(error_of(changed("delay: 1.5 ms", "delay: 0.1 ms")), "no error");
}

TEST(SimulationParts, Dale) {
    const auto with = [](const std::string& weight) {
        return changed("weight: 87.8 pA", "dale: true, weight: " + weight);
    };
    expect_error(with("{distribution: normal, mean: 9 pA, std: 1 pA}"),
                 "m.yaml:9:86: with dale: true all weights have one sign, but normal gives both; "
                 "write low: 0 pA or high: 0 pA");
    expect_error(with("{distribution: uniform, low: -1 pA, high: 1 pA}"),
                 "but uniform gives both; write low and high of one sign");
    for (const char* weight : {"-3 pA", "{distribution: normal, mean: 9 pA, std: 1 pA, low: 0 pA}",
                               "{distribution: normal, mean: -9 pA, std: 1 pA, high: 0 pA}",
                               "{distribution: exponential, mean: -9 pA}",
                               "{distribution: lognormal, mean: 9 pA, std: 0.5}"}) {
        EXPECT_EQ(error_of(with(weight)), "no error");
    }
}

TEST(SimulationParts, TimesAndRates) {
    expect_error(changed("duration: 1 s", "duration: 1.05 ms"),
                 "m.yaml:3:22: duration must be a whole multiple of dt (0.1 ms): 1 ms or 1.1 ms");
    expect_error(changed("duration: 1 s", "duration: 1e9 s"),
                 "duration is 1e+13 steps of dt (0.1 ms); at most 4.295e+09");
    expect_error(changed("rate: 8 Hz", "rate: 20 kHz"),
                 "m.yaml:7:46: rate (20000 Hz) times dt (0.1 ms) is the probability of a spike in "
                 "a step, here 2; write at most 10000 Hz, or a smaller dt");
    expect_error(changed("rate: 8 Hz", "rate: {distribution: uniform, low: 1 Hz, high: 20 kHz}"),
                 "rate (20000 Hz) times dt (0.1 ms)");
    expect_error(changed("interval: 1 ms", "interval: 0.25 ms"),
                 "interval must be a whole multiple of dt (0.1 ms): 0.2 ms or 0.3 ms");
}

TEST(SimulationParts, ACellThatFiresForEver) {
    expect_error(changed("tau_m: 15 ms", "v_th: -70 mV"),
                 "m.yaml:5:49: v_reset (-70 mV) must lie below v_th (-70 mV), or a cell that fired "
                 "once fires for ever");
    expect_error(changed("tau_m: 12 ms", "v_reset: -50 mV"),
                 "m.yaml:6:37: v_reset (-50 mV) must lie below v_th (-55 mV)");
    expect_error(
        changed("tau_m: 12 ms", "v_th: {distribution: uniform, low: -80 mV, high: -50 mV}"),
        "v_reset (-70 mV) must lie below v_th (-80 mV)");
    EXPECT_EQ(
        error_of(changed("tau_m: 12 ms", "v_th: {distribution: normal, mean: -50 mV, std: 1 mV}")),
        "no error");
}

TEST(SimulationParts, Stimuli) {
    expect_error(changed("start: 100 ms", "start: 100 ms, stop: 100 ms"),
                 "m.yaml:14:63: stop (100 ms) must be later than start (100 ms)");
    expect_error(changed("kind: dc, amplitude: 300 pA", "kind: ramp, first: 1 pA, last: 2 pA"),
                 "m.yaml:14:5: stimuli[1] is missing the key 'stop': the time at which the ramp "
                 "reaches 'last'");
    expect_error(
        changed("weight: 87.8 pA}", "weight: {distribution: normal, mean: 1 pA, std: 1 pA}}"),
        "m.yaml:13:49: weight must be a single value; only the amplitude of dc may differ from "
        "cell to cell");
}

TEST(SimulationParts, NoiseThatCellsShare) {
    const auto with = [](const std::string& keys) {
        return changed("kind: dc, amplitude: 300 pA", "kind: noise, std: 30 pA, " + keys);
    };
    EXPECT_EQ(error_of(with("shared: sound, lag: 0.3 ms")), "no error");
    expect_error(with("lag: 0.3 ms"),
                 "m.yaml:14:43: lag is of noise that several cells share; write its name too");
    expect_error(with("shared: sound, lag: -1 ms"), "lag must be at least 0");
    expect_error(with("shared: ''"), "shared is empty; write a name");
    expect_error(
        with("shared: sound, interval: 0.3 ms}\n  - {to: E, kind: noise, std: 1 pA, shared: "
             "sound, interval: 0.5 ms"),
        "m.yaml:15:62: interval is 0.5 ms, but that of another noise shared as 'sound' is "
        "0.3 ms; write the same");
}

TEST(SimulationParts, StepsOfCurrentsAndRates) {
    const auto with = [](const std::string& keys) {
        return changed("kind: dc, amplitude: 300 pA", "kind: " + keys);
    };
    EXPECT_EQ(error_of(with("steps, times: [0 ms, 2 ms], amplitudes: [1 nA, -3 pA]")), "no error");
    expect_error(with("steps, times: [1 ms, 2 ms], amplitudes: [1 nA]"),
                 "m.yaml:14:5: times has 2 entries and amplitudes has 1; write as many");
    expect_error(with("steps, times: [2 ms, 2.04 ms], amplitudes: [1 pA, 2 pA]"),
                 "m.yaml:14:33: times must ascend by a dt (0.1 ms) at least, but 2.04 ms follows 2 "
                 "ms");
    expect_error(with("steps, times: [-2 ms], amplitudes: [1 pA]"),
                 "must be at least 0 ms; found '-2 ms'");
    expect_error(with("steps, times: [2 ms, 3 ms], amplitudes: [1 pA, 2 mV]"),
                 "m.yaml:14:66: amplitudes is a voltage, but 'I' (iaf_psc_exp) takes a current");
    expect_error(with("steps, times: [2 ms]"), "stimuli[1] is missing the key 'amplitudes'");
    expect_error(changed("rate: 8 kHz,", "rate: 8 kHz, times: [5 ms], rates: [],"),
                 "times has 1 entry and rates has 0");
    const std::string source = changed("to: I, kind: dc, amplitude: 300 pA",
                                       "to: S, kind: sine, amplitude: 3 Hz, frequency: 1 Hz");
    EXPECT_EQ(error_of(source), "no error");
    expect_error(replaced(source, "amplitude: 3 Hz", "amplitude: 3 pA"),
                 "amplitude is a current, but 'S' (poisson_source) takes a rate (Hz)");
}

TEST(SimulationParts, ASpikeSourceNeedsItsFile) {
    const auto with = [](const std::string& keys) {
        return changed("model: poisson_source, rate: 8 Hz", "model: spike_source" + keys);
    };
    expect_error(with(""), "S is missing the key 'file': spikes to play");
    expect_error(with(", file: none.csv"),
                 "m.yaml:7:44: cannot open none.csv: there is no such file");
    expect_error(with(", file: none.bin"),
                 "file must end in one of .h5, .hdf5, .csv, .dat, .txt; found 'none.bin'");
}

TEST(SimulationParts, ValuesOfGradedSpikesHaveOneBound) {
    expect_error(changed("model: poisson_source, rate: 8 Hz",
                         "model: vsn, y_max: {distribution: uniform, low: 1, high: 2}"),
                 "y_max must be the same for all cells of a population");
}

TEST(SimulationParts, OnlyConstantCurrentsVary) {
    const std::string wide = "{distribution: normal, mean: 1 pA, std: 1 pA}";
    expect_error(changed("kind: dc, amplitude: 300 pA", "kind: noise, std: 1 pA, mean: " + wide),
                 "mean must be a single value");
    EXPECT_EQ(error_of(changed("300 pA", wide)), "no error");
}

TEST(SimulationParts, Recording) {
    expect_error(changed("what: i_ex", "what: i_e"),
                 "m.yaml:17:27: 'I' (iaf_psc_exp) has no 'i_e' to record; did you mean 'i_ex'? "
                 "(known: spikes, rate, v, i_ex, i_in, refractory, input, current)");
    expect_error(changed("what: i_ex", "what: g_ex"), "'I' (iaf_psc_exp) has no 'g_ex' to record");
    expect_error(changed("what: i_ex", "what: input_ex"),
                 "m.yaml:17:27: the synapses of 'I' (iaf_psc_exp) have one time constant, so all "
                 "that arrives is one sum; record input");
    EXPECT_EQ(error_of(changed("what: i_ex", "what: rate")), "no error");
    expect_error(changed("population: E, what: spikes", "population: E, what: rate"),
                 "m.yaml:16:5: record[0] is missing the key 'interval', for example");
    expect_error(changed("{population: I, what: i_ex", "{population: S, what: input"),
                 "'S' (poisson_source) has no 'input' to record (known: spikes, rate");
    expect_error(changed("what: i_ex", "what: spikes"), "m.yaml:17:55: interval is for values");
    expect_error(changed("cells: 3", "cells: 21"),
                 "m.yaml:17:40: 'I' has only 20 cells; write cells: 0 for all");
    expect_error(changed("cells: 3", "cells: {random: 21}"),
                 "m.yaml:17:40: 'I' has only 20 cells; write cells: 0 for all");
    expect_error(changed("cells: 3", "cells: {random: 0}"), "random must be at least 1; found '0'");
    expect_error(changed("cells: 3", "cells: {randm: 5}"),
                 "m.yaml:17:40: cells must be a number of cells, a list of their numbers, or "
                 "{random: 50}, not a mapping");
    expect_error(changed("cells: 3", "cells: {random: 5, seed: 2}"), "unknown key 'seed' in cells");
    expect_error(changed("cells: 3", "cells: []"), "m.yaml:17:40: cells is an empty list");
    expect_error(changed("cells: 3", "cells: [3, -1]"), "cells[1] must be at least 0");
    expect_error(changed("cells: 3", "cells: [3, 20]"),
                 "m.yaml:17:44: 'I' has no cell 20: its 20 cells are 0 to 19");
    expect_error(changed("cells: 3", "cells: [3, 7, 3]"),
                 "m.yaml:17:47: cell 3 is in the list already");
    expect_error(replaced(changed("cells: 3", "cells: [3, 10]"),
                          "record:", "scale: {neurons: 0.5}\nrecord:"),
                 "'I' has no cell 10: its 10 cells are 0 to 9");
    expect_error(good_simulation + "  - {population: E, what: spikes}\n",
                 "m.yaml:18:5: spikes of 'E' is recorded already");
}

TEST(SimulationParts, TooManySynapses) {
    const std::string big =
        replaced(changed("size: 80", "size: 1000000000"), "size: 20,", "size: 1000000000,");
    expect_error(replaced(big, "connect: one_to_one", "connect: all_to_all"),
                 "m.yaml:9:3: the projections make 1e+17 synapses; at most 1.13e+15 (2^50)");
    EXPECT_EQ(error_of(replaced(big, "connect: one_to_one", "connect: all_to_all"),
                       {"projections.0.connect.p=1e-6"}),
              "no error");
}

TEST(SimulationParts, ScalingNeedsRates) {
    const std::string scaled =
        replaced(good_simulation, "one_to_one", "{rule: fixed_probability, p: 0.6}") +
        "scale: {in_degrees: 0.5}\n";
    const std::string message = error_of(scaled);
    EXPECT_EQ(problems_in(message), 2) << message;
    EXPECT_NE(message.find("m.yaml:6:6: I is missing the key 'rate', for example 'rate: 5 Hz': "
                           "with scale.in_degrees (0.5), a constant current makes up for the "
                           "missing spikes of 'I'"),
              std::string::npos)
        << message;
    const std::string rated = replaced(scaled, "tau_m: 15 ms", "rate: 0 Hz");
    EXPECT_EQ(error_of(rated), "no error");
    expect_error(
        replaced(rated, "rate: 8 Hz", "rate: {distribution: uniform, low: 1 Hz, high: 9 Hz}"),
        "scale.in_degrees needs the same rate for all cells of a source");
    EXPECT_EQ(error_of(good_simulation + "scale: {neurons: 0.5}\n"), "no error");
}

TEST(SimulationParts, WhatCannotBeScaled) {
    const std::string rated = replaced(good_simulation, "tau_m: 15 ms", "rate: 5 Hz");
    expect_error(rated + "scale: {in_degrees: 0.5}\n",
                 "m.yaml:11:31: scale.in_degrees (0.5) cannot take synapses away from one_to_one");
    expect_error(replaced(rated, "p: 0.1", "p: 0.6") + "scale: {neurons: 0.5}\n",
                 "m.yaml:9:60: p is 1.2 after scaling, as fewer cells keep their in-degree; write "
                 "scale.in_degrees: 0.833 or less");
    std::string text = replaced(rated, "one_to_one", "{rule: fixed_in_degree, n: 4}");
    text = replaced(text, "tau_m: 12 ms", "t_ref: 1 ms");
    text = replaced(text, "iaf_psc_exp", "iaf_cond_exp");
    for (const char* weight : {"87.8 pA", "-0.4 nA", "0 pA", "87.8 pA"})
        text = replaced(text, weight, "1 nS");
    text = replaced(text, "what: i_ex", "what: g_ex");
    EXPECT_EQ(error_of(text), "no error");
    text = replaced(text, "I: {<<: *cell,", "I: {<<: *cell, model: iaf_psc_delta,");
    text = replaced(text, "weight: 1 nS, delay", "weight: 1 mV, delay");
    text = replaced(text, "what: g_ex", "what: v");
    expect_error(text + "scale: {in_degrees: 0.5}\n",
                 "m.yaml:5:30: scale.in_degrees makes up for missing spikes with a current, which "
                 "it knows for no iaf_cond_exp; scale neurons only");
}

}  // namespace
}  // namespace snnsim
