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

TEST(Times, OfSingleCellsItIsSaidHowManyAreRounded) {
    const auto cell = [](const std::string& t_ref) {
        return model("model: iaf_psc_exp, t_ref: " + t_ref);
    };
    expect_warning(cell("{values: [0.25 ms, 2 ms, 0 ms, 1 ms]}"),
                   "m.yaml:6:43: t_ref: 1 of 4 values is no whole number of dt (0.1 ms) and is "
                   "rounded; the first, 0.25 ms, becomes 0.3 ms");
    expect_warning(cell("{values: [1, 2.04, 3, 4.06], unit: ms}"),
                   "t_ref: 2 of 4 values are no whole numbers of dt (0.1 ms) and are rounded; the "
                   "first, 2.04 ms, becomes 2 ms");
    // 0.25, 0.8433..., 1.4366..., 2.03
    expect_warning(cell("{linspace: [0.25 ms, 2.03 ms]}"),
                   "4 of 4 values are no whole numbers of dt (0.1 ms) and are rounded; the first, "
                   "0.25 ms, becomes 0.3 ms");
    expect_warning(cell("{linspace: [1 ms, 1.25 ms]}"), "3 of 4 values");  // 1.0833, 1.1667, 1.25
    expect_warning(
        model("model: lif_cond_adaptive, min_isi: {values: [1 ms, 1 ms, 1.01 ms, 1 ms]}"),
        "min_isi: 1 of 4 values is");
    for (const char* fine :
         {"{values: [0.3 ms, 2 ms, 0 ms, 1.7 ms]}", "{linspace: [1 ms, 1.3 ms]}",
          "{linspace: [1.3 ms, 1 ms]}", "{distribution: uniform, low: 1 ms, high: 2 ms}"})
        EXPECT_TRUE(parse_simulation(cell(fine), "m.yaml").warnings.empty()) << fine;
    expect_error(cell("{values: [0.04 ms, 2 ms, 1 ms, 1 ms]}"), "would become 0");
}

TEST(Frequencies, AreBelowHalfTheStepsASecond) {
    const auto sine = [](const std::string& frequency) {
        return model(exp_cell, "stimuli: [{to: c, kind: sine, amplitude: 1 pA, frequency: " +
                                   frequency + "}]\n");
    };
    const auto source = [](const std::string& frequency) {
        return model("model: poisson_source, rate: 10 Hz, amplitude: 5 Hz, frequency: " +
                     frequency);
    };
    for (const auto& text : {sine("4999 Hz"), sine("0 Hz"), source("4.999 kHz"), source("0 Hz"),
                             source("{linspace: [1 Hz, 4 kHz]}")})
        EXPECT_TRUE(parse_simulation(text, "m.yaml").warnings.empty()) << text;
    // What steps of 0.1 ms show of f is |f - 10 kHz n|, of the n that makes it least.
    expect_error(sine("5 kHz"),
                 "m.yaml:7:59: frequency (5000 Hz) must be less than 1 / (2 dt), which is 5000 Hz "
                 "at dt (0.1 ms): steps of dt would show nothing of it, or only its peaks; write a "
                 "lower one, or a smaller dt");
    expect_error(sine("6 kHz"), "steps of dt would show 4000 Hz");
    expect_error(sine("10 kHz"), "steps of dt would show 0 Hz");
    expect_error(sine("23 kHz"), "steps of dt would show 3000 Hz");
    expect_error(source("5 kHz"), "m.yaml:6:80: frequency (5000 Hz) must be less than");
    expect_error(source("6 kHz"), "would show 4000 Hz");
    expect_error(source("{values: [1 Hz, 2 Hz, 6 kHz, 3 Hz]}"), "frequency (6000 Hz) must be less");
    expect_error(source("{linspace: [1 Hz, 7 kHz]}"), "would show 3000 Hz");
}

/// A source of 9 kHz where a step of 0.1 ms has one spike at most.
std::string driven(const std::string& stimuli, const std::string& source = "rate: 9 kHz") {
    return model("model: poisson_source, " + source, "stimuli:\n" + stimuli);
}

TEST(SourceRates, AreAtMostOneSpikeAStepWithTheirStimuli) {
    const std::string to = "  - {to: c, kind: ";
    for (const auto& fine :
         {driven(to + "dc, amplitude: 1 kHz}\n"),
          driven(to + "dc, amplitude: 800 Hz, stop: 50 ms}\n" + to +
                 "dc, amplitude: 900 Hz, start: 50 ms}\n"),  // one after the other
          driven(to + "dc, amplitude: 3 kHz}\n" + to + "dc, amplitude: -2 kHz}\n"),
          driven(to + "steps, times: [1 ms, 5 ms], amplitudes: [1 kHz, -9 kHz]}\n"),
          driven(to + "ramp, first: -9 kHz, last: 1 kHz, stop: 90 ms}\n"),
          driven(to + "sine, amplitude: 500 Hz, offset: 500 Hz, frequency: 10 Hz}\n"),
          driven(to + "noise, mean: 500 Hz, std: 3 kHz}\n"),
          driven(to + "steps, times: [40 ms], amplitudes: [7 kHz], stop: 30 ms}\n")})
        EXPECT_NO_THROW(parse_simulation(fine, "m.yaml")) << fine;
    expect_error(
        driven(to + "dc, amplitude: 1.5 kHz, start: 20 ms}\n"),
        "m.yaml:8:34: the rate of 'c' (9000 Hz) and its stimuli come to 10500 Hz at 20 ms, "
        "which is 1.05 spikes in a step of dt (0.1 ms), and a cell sends one at most; "
        "write at most 10000 Hz in all, or a smaller dt");
    expect_error(
        driven(to + "dc, amplitude: 800 Hz, stop: 50.1 ms}\n" + to +
               "dc, amplitude: 900 Hz, start: 50 ms}\n"),
        "m.yaml:9:34: the rate of 'c' (9000 Hz) and its stimuli come to 10700 Hz at 50 ms");
    expect_error(driven(to + "steps, times: [1 ms, 5 ms], amplitudes: [-9 kHz, 1001 Hz]}\n"),
                 "m.yaml:8:59: the rate of 'c' (9000 Hz) and its stimuli come to 10001 Hz at 5 ms");
    // In the last step, which begins at 9.9 ms: 9 + 0.99 * 2 kHz.
    expect_error(driven(to + "ramp, first: 0 Hz, last: 2 kHz, stop: 10 ms}\n"),
                 "come to 10980 Hz at 9.9 ms");
    expect_error(driven(to + "sine, amplitude: -600 Hz, offset: 500 Hz, frequency: 10 Hz}\n"),
                 "come to 10100 Hz at 0 ms");
    expect_error(driven(to + "noise, mean: 1.1 kHz, std: 1 Hz}\n"), "come to 10100 Hz");
    expect_error(driven(to + "white_noise, mean: 1.1 kHz, sigma: 1 Hz sqrt(ms)}\n"),
                 "come to 10100 Hz");
    expect_error(driven(to + "dc, amplitude: {values: [1 Hz, 2 Hz, 2 kHz, 0 Hz]}}\n"),
                 "come to 11000 Hz");
    expect_error(driven(to + "dc, amplitude: {distribution: uniform, low: 0 Hz, high: 2 kHz}}\n"),
                 "come to 11000 Hz");
    expect_error(
        driven(to + "dc, amplitude: 1 kHz}\n", "rate: 8 kHz, amplitude: -1.5 kHz, frequency: 5 Hz"),
        "the rate of 'c' (9500 Hz) and its stimuli come to 10500 Hz");
    expect_error(model("model: regular_source, rate: 9 kHz",
                       "stimuli:\n" + to + "dc, amplitude: 1.5 kHz}\n"),
                 "and its stimuli come to 10500 Hz");
    // The rate alone is told at its own key, once.
    expect_error(driven(to + "dc, amplitude: 1 Hz}\n", "rate: 11 kHz"), "probability of a spike");
}

TEST(Samples, MoreThanThereAreAreWarnedOf) {
    const auto warnings = [](const std::string& data, const std::string& samples) {
        const ModelSpec spec = parse_model(
            "name: t\ndt: 1 ms\ndata: {set: mnist" + data +
                ", encode: {scheme: poisson, duration: 5 ms}}\npopulations:\n"
                "  in: {size: 784, model: spike_source}\n  out: {size: 10, model: leaky_readout}\n"
                "projections: [{from: in, to: out}]\ntrain: {epochs: 1}\ntest: {}\n"
                "record: [{population: out, what: v, samples: " +
                samples + "}]\n",
            "m.yaml");
        return spec.warnings;
    };
    const auto expect_one = [](const std::vector<std::string>& all, const std::string& part) {
        ASSERT_EQ(all.size(), 1u) << part;
        EXPECT_NE(all[0].find(part), std::string::npos) << all[0];
    };
    EXPECT_TRUE(warnings("", "10000").empty());
    EXPECT_TRUE(warnings(", test_samples: 2000, train_samples: 60000", "2000").empty());
    EXPECT_TRUE(warnings(", test_samples: 10000", "1").empty());
    expect_one(warnings("", "10001"), "samples is 10001, but mnist has 10000 test samples");
    expect_one(warnings(", test_samples: 2000", "5000"),
               "samples is 5000, but data.test_samples leaves 2000 test samples: all of them are "
               "recorded");
    expect_one(warnings(", test_samples: 2000", "2001"), "samples is 2001");
    expect_one(
        warnings(", train_samples: 70000", "1"),
        "train_samples is 70000, but mnist has 60000 training samples: all of them are used");
    expect_one(warnings(", test_samples: 10001", "1"),
               "test_samples is 10001, but mnist has 10000 test samples: all of them are used");
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
    expect_warning(stimulus("kind: noise, std: 1 pA, shared: x, lag: 100 ms"),
                   "m.yaml:7:59: lag (100 ms) is not shorter than the run (100 ms)");
    EXPECT_TRUE(
        parse_simulation(stimulus("kind: noise, std: 1 pA, shared: x, lag: 99 ms"), "m.yaml")
            .warnings.empty());
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
