// What the reader says of phases and parameters that cannot be.
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

std::string with(const std::string& phases, const std::string& more = "") {
    return "name: m\nseed: 1\ndt: 1 ms\n" + more + "simulate:\n  phases:\n" + phases +
           "populations:\n  S: {model: poisson_source, size: 784, rate: 0 Hz}\n"
           "  E: {model: iaf_psc_delta, size: 20}\n"
           "projections:\n  - {from: S, to: E, connect: all_to_all, weight: 0.1 mV, delay: 1 ms,\n"
           "     plasticity: {rule: stdp, w_max: 1 mV}}\n";
}
std::string present(const std::string& keys, const std::string& more = "data: mnist\n") {
    return with("    - name: a\n      present: {population: S, max_rate: 60 Hz, duration: 100 ms" +
                    keys + "}\n",
                more);
}
std::string patterns(const std::string& keys) {
    return present(", samples: patterns" + keys, "");
}

TEST(PhaseKeys, Good) {
    EXPECT_EQ(
        error_of(with("    - {name: a, duration: 1 s}\n    - {name: b, duration: 2 s, plastic: "
                      "false, rates: [{population: S, rate: 5 Hz}]}\n")),
        "no error");
    EXPECT_EQ(error_of(present(", count: 10, repeat: {population: E, add: 30 Hz}, responses: E, "
                               "assign: true")),
              "no error");
}

TEST(PhaseKeys, TheDataSetCanBeReplaced) {
    EXPECT_EQ(parse_simulation(present(""), "m.yaml", {"data.set=fashion_mnist"}).data->set,
              DataSet::fashion_mnist);
}

TEST(PhaseKeys, Course) {
    expect_error(with("    - {name: a}\n"), "phases[0] is missing the key 'duration'");
    expect_error(with("    - {name: a, duration: 1 s}\n    - {name: a, duration: 1 s}\n"),
                 "an earlier phase is called 'a' too");
    expect_error(with("    - {name: a, duration: 1.5 ms}\n"), "whole multiple of dt");
    expect_error(with("    []\n"), "phases is an empty list");
    expect_error(replaced(with("    - {name: a, duration: 1 s}\n"), "  phases:\n",
                          "  duration: 1 s\n  phases:\n"),
                 "the phases say how long they take");
    expect_error(with("    - {name: a, duration: 1 s, rates: [{population: E, rate: 5 Hz}]}\n"),
                 "'E' is a iaf_psc_delta; rates are set of a poisson_source");
    expect_error(with("    - {name: a, duration: 1 s, rates: [{population: S, rate: 5 kHz}]}\n"),
                 "write at most 1000 Hz");
    expect_error(with("    - {name: a, duration: 1 s}\n", "data: mnist\n"),
                 "no phase shows samples of a data set");
    expect_error(replaced(with("    - {name: a, duration: 1 s}\n"), "w_max: 1 mV}",
                          "w_max: 1 mV, normalise: {sum: 10 mV}}"),
                 "normalise is missing the key 'interval'");
}

TEST(PhaseKeys, Present) {
    expect_error(replaced(present(""), "data: mnist\n", ""), "say which at the top of the file");
    expect_error(replaced(present(""), "size: 784", "size: 100"),
                 "samples of mnist have 784 pixels, and 'S' has 100 cells");
    expect_error(present(", samples: test, first: 9000, count: 1001"), "has 10000 samples");
    expect_error(present(", evaluate: true, responses: E"), "no earlier phase has `assign: true`");
    expect_error(present(", assign: true"), "assign needs the key 'responses'");
    expect_error(present(", assign: true, responses: E, samples: test"), "make a test of those");
    expect_error(present(", responses: E, window: 101 ms"), "can reach into the next sample");
    expect_error(present(", repeat: {population: E, add: 100 Hz}"),
                 "more than one spike in a step");
    expect_error(present(", repeat: {population: F, add: 10 Hz}"), "no population 'F'");
    expect_error(present(", reward: {amount: 1}"), "no projection has a rule that waits");
    expect_error(patterns(", count: 5"), "needs the key 'patterns'");
    expect_error(patterns(", patterns: {number: 3, cells: 1000}, count: 5"),
                 "'S' has only 784 cells");
    expect_error(patterns(", patterns: {number: 3, cells: 10}"), "needs the key 'count'");
    expect_error(replaced(present(""), "data: mnist", "data: file"),
                 "data is missing the key 'file'");
    expect_error(present(", patterns: {number: 3, cells: 10}"),
                 "patterns is for samples: patterns");
}

TEST(Parameters, StandForValues) {
    const std::string model = with("    - {name: a, duration: $t}\n", "parameters: {t: 2 s}\n");
    EXPECT_EQ(parse_simulation(model, "m.yaml").simulate.phases[0].duration, 2000.0);
    EXPECT_EQ(parse_simulation(model, "m.yaml", {"parameters.t=3 s"}).simulate.phases[0].duration,
              3000.0);
    expect_error(replaced(model, "$t", "$x"), "m.yaml:7:27: there is no parameter 'x'");
    expect_error(replaced(model, "{t: 2 s}", "{t: 2 s, n: 3}"), "nothing uses the parameter 'n'");
    expect_error(replaced(replaced(model, "$t", "2 s"), "{t: 2 s}", "3"),
                 "parameters must be a mapping");
    expect_error(replaced(model, "2 s", "2 mV"), "m.yaml:7:27");
}

}  // namespace
}  // namespace snnsim
