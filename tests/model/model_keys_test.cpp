// What is said of a key or a value that is wrong on its own, and where.
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

TEST(ModelKeys, AnErrorShowsTheLineAndPointsAtThePlace) {
    EXPECT_EQ(
        error_of(edited("tau_m: 10 ms", "taum: 10 ms")),
        "m.yaml:6:34: unknown key 'taum' in hidden; did you mean 'tau_m'? (known: model, "
        "size, shape, dropout, batch_norm, dale, trainable, dendrites_of, tau_m, v_th, fires, "
        "reset, v_reset, reset_at, integration, scale_input, detach_reset)\n"
        "      hidden: {size: 32, model: lif, taum: 10 ms, reset: zero}\n"
        "                                     ^");
}

TEST(ModelKeys, ColumnsCountCharacters) {
    const std::string message = error_of(
        edited("{from: hidden, to: output}", "{from: hidden, \"ä\u20ac\": 1, tu: output}"));
    EXPECT_NE(message.find("m.yaml:10:20: unknown key 'ä\u20ac'"), std::string::npos) << message;
    EXPECT_NE(message.find("m.yaml:10:29: unknown key 'tu'"), std::string::npos) << message;
    EXPECT_NE(message.find("\n                                ^"), std::string::npos) << message;
}

TEST(ModelKeys, UnknownKeys) {
    expect_error(edited("dt:", "sed: 1\ndt:"),
                 "m.yaml:2:1: unknown key 'sed' in the model file; did you mean 'seed'?");
    expect_error(edited("set: mnist", "set: mnist, samples: 5"),
                 "m.yaml:3:20: unknown key 'samples' in data; did you mean 'test_samples'?");
    expect_error(edited("max_rate", "rate"),
                 "m.yaml:3:46: unknown key 'rate' in encode; did you mean 'max_rate'?");
    expect_error(edited("bias: true", "basi: true"),
                 "unknown key 'basi' in projections[0]; did you mean 'bias'?");
    expect_error(edited("gain: 2", "scale: 2"),
                 "unknown key 'scale' in weight (known: init, gain,");
    expect_error(edited("lr: 2e-3", "learning_rate: 2e-3"),
                 "m.yaml:11:53: unknown key 'learning_rate' in optimizer");
    expect_error(edited("epochs: 3", "epoch: 3"),
                 "m.yaml:11:82: unknown key 'epoch' in train; did you mean 'epochs'?");
    expect_error(edited("model: leaky_readout", "model: leaky_readout, v_th: 1"),
                 "unknown key 'v_th' in output");
}

TEST(ModelKeys, WrongUnits) {
    expect_error(edited("10 ms", "10"), "m.yaml:6:41: tau_m needs a unit: write '10 ms'");
    expect_error(edited("dt: 1 ms", "dt: 1"), "m.yaml:2:5: dt needs a unit: write '1 ms'");
    expect_error(edited("10 ms", "10 mV"),
                 "m.yaml:6:41: '10 mV' is a voltage, but tau_m is a time, for example '20 ms'");
    expect_error(edited("10 ms", "250 pF"), "'250 pF' is a capacitance, but tau_m is a time");
    expect_error(edited("0.25 kHz", "4 ms"),
                 "m.yaml:3:56: '4 ms' is a time, but max_rate is a rate, for example '250 Hz'");
    expect_error(edited("gain: 2", "gain: 2 ms"),
                 "m.yaml:9:67: '2 ms' is a time, but gain is a number without a unit");
    expect_error(edited("10 ms", "10 parsec"),
                 "unknown unit 'parsec' in '10 parsec' (tau_m takes ms, s, us)");
    expect_error(edited("0.25 kHz", "250 hz"),
                 "unknown unit 'hz' in '250 hz'; did you mean 'Hz'? (max_rate takes Hz, kHz)");
    expect_error(edited("10 ms", "fast"),
                 "'fast' is no number; tau_m is a time, for example '20 ms'");
    expect_error(edited("10 ms", "nan ms"), "tau_m must be finite; found 'nan ms'");
    expect_error(edited("gain: 2", "gain: 1e999"), "gain must be finite; found '1e999'");
}

TEST(ModelKeys, ImpossibleValues) {
    expect_error(edited("10 ms", "0 ms"),
                 "m.yaml:6:41: tau_m must be greater than 0 ms; found '0 ms'");
    expect_error(edited("size: 32", "size: -3"),
                 "m.yaml:6:18: size must be between 1 and 16777216; found '-3'");
    expect_error(edited("size: 32", "size: 16777217"), "size must be between 1 and 16777216");
    expect_error(edited("dt: 1 ms", "dt: -1 ms"),
                 "m.yaml:2:5: dt must be greater than 0 ms; found '-1 ms'");
    expect_error(edited("0.02 s", "0 s"), "duration must be greater than 0 ms");
    expect_error(edited("epochs: 3", "epochs: -1"),
                 "m.yaml:11:90: epochs must be at least 0; found '-1'");
    expect_error(edited("epochs: 3", "batch: 0"), "batch must be between 1 and 65536");
    expect_error(edited("epochs: 3", "validation: 1"),
                 "validation must be at least 0 and less than 1; found '1'");
    expect_error(edited("lr: 2e-3", "lr: 0"), "m.yaml:11:57: lr must be greater than 0");
    expect_error(edited("schedule: cosine", "schedule: {name: step, factor: 0}"),
                 "factor must be greater than 0 and at most 1; found '0'");
    expect_error(edited("scheme: poisson, max_rate: 0.25 kHz", "scheme: latency, theta: 1"),
                 "theta must be between 0 and 1 (both excluded); found '1'");
    expect_error(edited("what: spikes", "what: spikes, samples: 0"), "samples must be at least 1");
}

/// The model with another encoder; its dt is 1 ms and its duration 20 ms.
std::string encoded(const std::string& encoder) {
    return edited("scheme: poisson, max_rate: 0.25 kHz", encoder);
}

TEST(ModelKeys, EncodersThatTheTimeStepCannotFollow) {
    expect_error(encoded("scheme: poisson, max_rate: 1001 Hz"),
                 "m.yaml:3:56: max_rate (1001 Hz) times dt (1 ms) is the probability of a spike");
    expect_error(encoded("scheme: poisson, max_rate: 0 Hz"),
                 "max_rate must be greater than 0 Hz; found '0 Hz'");
    expect_error(encoded("scheme: regular, max_rate: 2 kHz"),
                 "m.yaml:3:56: max_rate (2000 Hz) is more than one spike a step of dt (1 ms); "
                 "write at most 1000 Hz, or a smaller dt");
    expect_error(encoded("scheme: latency, t_max: 21 ms"),
                 "m.yaml:3:53: t_max (21 ms) lies beyond the end of a sample (duration 20 ms)");
    expect_error(encoded("scheme: burst, t_short: 3 ms, t_long: 2 ms"),
                 "m.yaml:3:53: t_short (3 ms), the interval of the brightest input, is longer than "
                 "t_long (2 ms), that of the faintest");
    expect_error(encoded("scheme: burst, t_short: 0.5 ms"),
                 "m.yaml:3:53: t_short (0.5 ms) is shorter than dt (1 ms)");
    expect_error(encoded("scheme: burst, n_max: 11"),
                 "m.yaml:3:51: the 11 spikes of the brightest input, 2 ms apart, take 21 ms, but a "
                 "sample is shown for 20 ms");
    expect_error(encoded("scheme: burst, n_max: 0"), "n_max must be at least 1; found '0'");
    expect_error(encoded("scheme: delta, theta: 0"),
                 "theta must be greater than 0 and at most 1; found '0'");
    expect_error(encoded("scheme: delta, theta: 1.5"),
                 "theta must be greater than 0 and at most 1; found '1.5'");
    for (const char* fine :
         {"scheme: poisson, max_rate: 1 kHz", "scheme: regular, max_rate: 1 kHz",
          "scheme: latency, t_max: 20 ms, x_min: 0", "scheme: burst, n_max: 10",
          "scheme: burst, t_short: 1 ms, t_long: 1 ms, n_max: 20", "scheme: delta, theta: 1",
          "scheme: phase", "scheme: rank_order", "scheme: direct, gain: 3"}) {
        EXPECT_NO_THROW(parse_model(encoded(fine), "m.yaml")) << fine;
    }
}

TEST(ModelKeys, WrongTypes) {
    expect_error(edited("size: 32", "size: 3.5"),
                 "m.yaml:6:18: size must be a whole number; found '3.5'");
    expect_error(edited("size: 32", "size: 32 ms"), "size must be a whole number; found '32 ms'");
    expect_error(edited("size: 32", "size: 99999999999999999999"),
                 "size must be at most 9223372036854775807; found");
    expect_error(edited("size: 32", "size: [1]"), "size must be a single value, not a list");
    expect_error(edited("dt:", "seed: -1\ndt:"),
                 "m.yaml:2:7: seed must be a non-negative whole number; found '-1'");
    expect_error(edited("dt:", "seed: 18446744073709551616\ndt:"),
                 "seed must be at most 18446744073709551615; found '18446744073709551616'");
    expect_error(edited("bias: true", "bias: 1"),
                 "m.yaml:9:77: bias must be true or false; found '1'");
    expect_error(edited("bias: true", "bias: yes"), "bias must be true or false; found 'yes'");
    expect_error(edited("{size: 784, model: spike_source}", "[1, 2]"),
                 "m.yaml:5:10: input must be a mapping (key: value), not a list");
    expect_error(edited("[{population: hidden, what: spikes}]", "hidden"),
                 "m.yaml:13:9: record must be a list (lines that begin with '-'), not 'hidden'");
    expect_error(
        edited("[{population: hidden, what: spikes}]", "{population: hidden, what: spikes}"),
        "record must be a list (lines that begin with '-'), not a mapping");
    expect_error(edited("[{population: hidden, what: spikes}]", "[hidden]"),
                 "record[0] must be a mapping (key: value), not 'hidden'");
    expect_error(edited("dt: 1 ms", "dt:"), "m.yaml:2:1: dt has no value");
    expect_error(edited("epochs: 3", "epochs: "), "m.yaml:11:82: epochs has no value");
    expect_error(edited("name: test", "name: a/b"),
                 "m.yaml:1:7: the name 'a/b' may hold only letters, digits, '_' and '-'");
    expect_error(edited("name: test", "name: ''"), "m.yaml:1:7: the name '' may hold only");
}

TEST(ModelKeys, UnknownNames) {
    expect_error(
        edited("model: lif", "model: lfi"),
        "m.yaml:6:29: unknown model 'lfi'; did you mean 'lif'? (known: spike_source, lif,");
    expect_error(edited("reset: zero", "reset: zerro"),
                 "reset cannot be 'zerro'; did you mean 'zero'? (one of: subtract, zero, none)");
    expect_error(edited("scheme: poisson", "scheme: poison"),
                 "m.yaml:3:37: unknown scheme 'poison'; did you mean 'poisson'?");
    expect_error(edited("name: adamw", "name: adamm"),
                 "unknown optimizer 'adamm'; did you mean 'adam'?");
    expect_error(edited("surrogate: arctan", "surrogate: atan"),
                 "m.yaml:11:20: unknown surrogate 'atan'; did you mean 'arctan'?");
    expect_error(edited("schedule: cosine", "schedule: cosin"),
                 "name cannot be 'cosin'; did you mean 'cosine'?");
    expect_error(edited("init: xavier_normal", "init: xavier"),
                 "init cannot be 'xavier'; did you mean 'xavier_normal'?");
    expect_error(edited("what: spikes", "what: spike"),
                 "m.yaml:13:37: what cannot be 'spike'; did you mean 'spikes'?");
    expect_error(edited("set: mnist", "set: cifar"),
                 "m.yaml:3:13: set cannot be 'cifar' (one of: mnist, fashion_mnist, file)");
    expect_error(edited("epochs: 3", "loss: cross_entropy"),
                 "loss cannot be 'cross_entropy'; did you mean 'cross_entropy_max'?");
    expect_error(edited("to: hidden", "to: hidden, connect: one_two_one"),
                 "rule cannot be 'one_two_one'; did you mean 'one_to_one'?");
}

TEST(ModelKeys, MissingKeys) {
    expect_error(edited("dt: 1 ms\n", ""),
                 "m.yaml:1:1: the model file is missing the key 'dt': time step");
    expect_error(edited("name: test\n", ""), "the model file is missing the key 'name'");
    expect_error(edited("size: 32, ", ""),
                 "m.yaml:6:11: hidden is missing the key 'size': number of cells");
    expect_error(edited("model: lif, ", ""),
                 "m.yaml:6:11: hidden is missing the key 'model': neuron model");
    expect_error(edited("name: adamw, ", ""),
                 "m.yaml:11:39: optimizer is missing the key 'name': one of sgd, adam, adamw");
    expect_error(edited("{from: hidden, to: output}", "{from: hidden}"),
                 "m.yaml:10:5: projections[1] is missing the key 'to'");
    expect_error(edited("set: mnist, ", ""), "data is missing the key 'set'");
    expect_error(
        edited("{set: mnist, encode: {scheme: poisson, max_rate: 0.25 kHz, duration: 0.02 s}}",
               "mnist"),
        "m.yaml:3:7: data is missing the key 'encode'");
    expect_error(edited("scheme: poisson, ", ""),
                 "m.yaml:3:28: encode is missing the key 'scheme'");
    expect_error(edited(", what: spikes", ""), "record[0] is missing the key 'what'");
}

TEST(ModelKeys, AllErrorsAreToldAtOnceInTheOrderOfTheFile) {
    std::string text = edited("10 ms", "10");
    text = replaced(text, "epochs: 3", "epoch: 3");
    text = replaced(text, "size: 784", "size: x");
    text = replaced(text, "what: spikes", "what: sound");
    text = replaced(text, "{from: hidden, to: output}", "{from: hidden, to: outpt}");
    text = replaced(text, "dt: 1 ms", "dt: 1 ms\ndt: 2 ms");
    const std::string message = error_of(text);
    EXPECT_EQ(problems_in(message), 6) << message;
    std::size_t last = 0;
    for (const char* place :
         {"m.yaml:3:1:", "m.yaml:6:", "m.yaml:7:", "m.yaml:11:", "m.yaml:12:", "m.yaml:14:"}) {
        const std::size_t at = message.find(place);
        ASSERT_NE(at, std::string::npos) << place << "\n" << message;
        EXPECT_GE(at, last);
        last = at;
    }
}

}  // namespace
}  // namespace snnsim
