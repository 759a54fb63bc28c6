// What is said of times that are not on the grid, after the end, or shorter than dt.
#include <gtest/gtest.h>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"

namespace snnsim {
namespace {

std::string model(const std::string& cell, const std::string& rest = "",
                  const std::string& simulate = "duration: 100 ms") {
    return "name: test\ndt: 0.1 ms\nsimulate: {" + simulate +
           "}\npopulations:\n  p: {model: poisson_source, size: 4, rate: 10 Hz}\n"
           "  c: {size: 4, " +
           cell + "}\n" + rest;
}
const std::string exp_cell = "model: iaf_psc_exp";

void expect_warning(const std::string& text, const std::string& part, std::size_t count = 1) {
    const std::vector<std::string> all = parse_simulation(text, "m.yaml").warnings;
    ASSERT_EQ(all.size(), count) << text << (all.empty() ? "" : all.back());
    EXPECT_NE(all.back().find(part), std::string::npos) << all.back();
    EXPECT_TRUE(all.back().starts_with("m.yaml:")) << all.back();
}
void expect_error(const std::string& text, const std::string& part) {
    try {
        parse_simulation(text, "m.yaml");
        ADD_FAILURE() << "no error: " << part;
    } catch (const ModelError& e) {
        EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
}

TEST(Times, OnTheGridNothingIsSaid) {
    EXPECT_TRUE(
        parse_simulation(model("model: iaf_psc_exp, t_ref: 0.3 ms"), "m.yaml").warnings.empty());
}

TEST(Times, OffTheGridItIsSaidWhatTheyBecome) {
    expect_warning(model("model: iaf_psc_exp, t_ref: 0.25 ms"),
                   "m.yaml:6:43: t_ref (0.25 ms) is no whole number of dt (0.1 ms); it becomes 0.3 "
                   "ms (3 steps)");
    expect_warning(model("model: lif_cond_adaptive, min_isi: 0.35 ms"), "becomes 0.4 ms (4 steps)");
    expect_warning(model("model: regular_source, rate: 10 Hz, first: 3.24 ms"),
                   "first (3.24 ms) is no whole number of dt (0.1 ms); it becomes 3.2 ms");
    const auto stimulus = [](const std::string& keys) {
        return model(exp_cell, "stimuli: [{to: c, " + keys + "}]\n");
    };
    expect_warning(stimulus("kind: dc, amplitude: 1 pA, start: 0.25 ms"), "becomes 0.3 ms");
    expect_warning(stimulus("kind: dc, amplitude: 1 pA, stop: 0.35 ms"), "becomes 0.4 ms");
    expect_warning(stimulus("kind: steps, times: [1 ms, 2.05 ms], amplitudes: [1 pA, 2 pA]"),
                   "becomes 2.1 ms");
    expect_warning(stimulus("kind: steps, times: [1.01 ms, 2.05 ms], amplitudes: [1 pA, 2 pA]"),
                   "2 of 2 times are no whole numbers of dt (0.1 ms) and are rounded; the first, "
                   "1.01 ms, becomes 1 ms");
    const std::string projection =
        "projections: [{from: p, to: c, connect: all_to_all, weight: 1 pA, delay: ";
    expect_warning(model(exp_cell, projection + "0.25 ms}]\n"),
                   "delay (0.25 ms) is no whole number of dt (0.1 ms); it becomes 0.3 ms");
    expect_warning(
        model(exp_cell, projection + "1 ms, plasticity: {rule: reward_stdp, w_max: 2 pA}}]\n",
              "duration: 100 ms, reward: {times: [10.04 ms], amounts: [1]}"),
        "a time (10.04 ms)");
    expect_warning(
        model(exp_cell, projection + "1 ms, plasticity: {rule: stdp, w_max: 2 pA, schedule: "
                                     "{times: [10.06 ms], factors: [0]}}}]\n"),
        "becomes 10.1 ms");
}

TEST(Times, APositiveTimeThatWouldBecomeZeroIsAnError) {
    expect_error(model("model: iaf_psc_exp, t_ref: 0.04 ms"),
                 "t_ref (0.04 ms) is less than half a dt (0.1 ms) and would become 0");
    expect_error(model("model: iaf_psc_exp, t_ref: 1e-12 ms"), "would become 0");
    expect_error(model("model: lif_cond_adaptive, min_isi: 0.01 ms"), "min_isi (0.01 ms)");
    expect_error(model("model: regular_source, rate: 10 Hz, first: 0.04 ms"), "first (0.04 ms)");
    expect_error(model("model: iaf_psc_exp, t_ref: {distribution: uniform, low: 0.01 ms, high: 2 "
                       "ms}"),
                 "t_ref may be 0.01 ms");
    expect_error(model("model: iaf_psc_exp, t_ref: {values: [0 ms, 1 ms, 0.04 ms, 2 ms]}"),
                 "t_ref may be 0.04 ms");
    expect_error(model(exp_cell, "stimuli: [{to: c, kind: dc, amplitude: 1 pA, start: 0.04 ms}]\n"),
                 "start (0.04 ms)");
    expect_error(model(exp_cell,
                       "stimuli: [{to: c, kind: dc, amplitude: 1 pA, start: 0.96 ms, "
                       "stop: 1.04 ms}]\n"),
                 "are the same step");
    EXPECT_NO_THROW(parse_simulation(model("model: iaf_psc_exp, t_ref: 0 ms"), "m.yaml"));
}

TEST(Times, TooManyStepsForSinglePrecision) {
    expect_warning(model("model: aeif_cond_exp, tau_w: 1 s"), "tau_w (1000 ms) is 1e+04 steps");
    expect_warning(model("model: iaf_psc_exp, tau_syn_in: 100 s"), "by up to 6 %");
    expect_warning(model("model: iaf_cond_exp, c_m: 20 nF, g_l: 10 nS"),
                   "c_m / g_l (2000 ms) is 2e+04 steps of dt (0.1 ms)");
    EXPECT_TRUE(
        parse_simulation(model("model: aeif_cond_exp, tau_w: 900 ms"), "m.yaml").warnings.empty());
}

TEST(Times, RatesTooSmallForADraw) {
    const auto source = [](const std::string& rate) {
        return model("model: poisson_source, rate: " + rate);
    };
    expect_error(source("1e-7 Hz"),
                 "m.yaml:6:45: rate (1e-07 Hz) is a probability of 1e-11 a step");
    expect_warning(source("6e-6 Hz"), "rate (6e-06 Hz) becomes 6.98e-06 Hz");
    EXPECT_TRUE(parse_simulation(source("2e-4 Hz"), "m.yaml").warnings.empty());
    EXPECT_TRUE(parse_simulation(source("0 Hz"), "m.yaml").warnings.empty());
}

TEST(Times, TimeConstantsBelowDt) {
    expect_warning(model("model: iaf_psc_exp, tau_syn_ex: 0.05 ms"),
                   "tau_syn_ex (0.05 ms) is shorter than dt (0.1 ms): within a step it decays to "
                   "0.14");
    expect_warning(model("model: iaf_cond_exp, c_m: 1 pF, g_l: 20 nS"),
                   "c_m / g_l (0.05 ms) is shorter than dt (0.1 ms)");
    const std::string projection =
        "projections: [{from: p, to: c, connect: all_to_all, weight: 1 pA, ";
    expect_warning(model(exp_cell, projection + "short_term: {tau_rec: 0.01 ms}}]\n"), "tau_rec");
    expect_warning(
        model(exp_cell, projection + "plasticity: {rule: stdp, w_max: 2 pA, tau_plus: 0.05 ms}}]"
                                     "\n"),
        "tau_plus");
}

TEST(Times, AfterTheEnd) {
    const auto stimulus = [](const std::string& keys) {
        return model(exp_cell, "stimuli: [{to: c, " + keys + "}]\n");
    };
    expect_warning(
        stimulus("kind: dc, amplitude: 1 pA, start: 100 ms"),
        "m.yaml:7:53: start (100 ms) is not before the end of the run (100 ms): nothing");
    expect_warning(stimulus("kind: steps, times: [50 ms, 100 ms, 200 ms], amplitudes: [1 pA, 2 pA, "
                            "3 pA]"),
                   "2 of 3 times are not before the end of the run (100 ms), the first at 100 ms");
    expect_warning(stimulus("kind: poisson, rate: 1 Hz, weight: 1 pA, times: [150 ms], rates: [1 "
                            "Hz]"),
                   "1 of 1 times is not before");
    expect_warning(stimulus("kind: ramp, first: 0 pA, last: 1 pA, stop: 200 ms"), "'last'");
    expect_warning(model(exp_cell, "record: [{population: c, what: v, interval: 200 ms}]\n"),
                   "interval (200 ms) is longer than the run (100 ms): nothing is recorded");
    const std::string projection =
        "projections: [{from: p, to: c, connect: all_to_all, weight: 1 pA, ";
    expect_warning(model(exp_cell, projection + "delay: 100 ms}]\n"), "no spike arrives");
    expect_warning(model(exp_cell, projection + "plasticity: {rule: stdp, w_max: 2 pA, schedule: "
                                                "{times: [10 ms, 120 ms], factors: [0, 1]}}}]\n"),
                   "1 of 2 times is not before");
    expect_warning(model(exp_cell, projection + "plasticity: {rule: reward_stdp, w_max: 2 pA}}]\n",
                         "duration: 100 ms, reward: {times: [10 ms, 120 ms], amounts: [1, 1]}"),
                   "the first at 120 ms");
    expect_warning(model("model: regular_source, rate: 1 Hz, first: 120 ms"), "sends nothing");
    // Phases of a known length.
    expect_warning(model(exp_cell, "stimuli: [{to: c, kind: dc, amplitude: 1 pA, start: 40 ms}]\n",
                         "phases: [{name: a, duration: 10 ms}, {name: b, duration: 20 ms}]"),
                   "the end of the run (30 ms)");
}

TEST(Times, NumbersBeyondSinglePrecisionAreErrors) {
    expect_error(model(exp_cell, "stimuli: [{to: c, kind: dc, amplitude: 1e39 pA}]\n"),
                 "m.yaml:7:40: amplitude cannot be as large as '1e39 pA'");
    expect_error(model("model: iaf_psc_exp, i_e: -1e33 uA"), "i_e cannot be as large as");
    EXPECT_NO_THROW(parse_simulation(model("model: iaf_psc_exp, i_e: -1e32 uA"), "m.yaml"));
}

TEST(Times, NoiseIsHeldForWholeSteps) {
    const auto noise = [](const std::string& dt, const std::string& keys) {
        std::string text =
            model(exp_cell, "stimuli: [{to: c, kind: noise, std: 1 pA" + keys + "}]\n",
                  "duration: 30 ms");
        text.replace(text.find("0.1 ms"), 6, dt);
        return text;
    };
    EXPECT_NO_THROW(parse_simulation(noise("0.1 ms", ", interval: 0.3 ms"), "m.yaml"));
    expect_error(noise("0.1 ms", ", interval: 0.25 ms"),
                 "interval must be a whole multiple of dt (0.1 ms)");
    expect_error(noise("0.3 ms", ""),
                 "interval (1 ms, the default) is no whole number of dt (0.3 "
                 "ms); write one, for example 'interval: 0.9 ms'");
    const SimulationSpec white = parse_simulation(
        model(exp_cell, "stimuli: [{to: c, kind: white_noise, sigma: 2 nA sqrt(ms)}]\n"), "m.yaml");
    EXPECT_EQ(std::get<WhiteNoiseStimulus::Params>(white.stimuli[0].kind).sigma.mean, 2000.0);
    const auto sigma = [](const std::string& text) {
        return model(exp_cell, "stimuli: [{to: c, kind: white_noise, sigma: " + text + "}]\n");
    };
    expect_error(sigma("2 pA"),
                 "sigma is a current times the root of a time, for example '100 pA "
                 "sqrt(ms)'");
    expect_error(sigma("2 mV sqrt(ms)"),
                 "sigma is a voltage, but 'c' (iaf_psc_exp) takes a current");
    expect_error(sigma("-2 pA sqrt(ms)"), "at least 0");
}

}  // namespace
}  // namespace snnsim
