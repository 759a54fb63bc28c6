// What is said of parts of a model that do not fit each other, and where.
#include "snnsim/network.hpp"
#include "src/model/loops.hpp"
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

TEST(ModelParts, UnknownPopulations) {
    expect_error(edited("to: hidden", "to: hiden"),
                 "m.yaml:9:23: there is no population 'hiden'; did you mean 'hidden'? (there are: "
                 "input, hidden, output)");
    expect_error(edited("from: input", "from: inputs"),
                 "m.yaml:9:12: there is no population 'inputs'; did you mean 'input'?");
    expect_error(edited("population: hidden", "population: hid"),
                 "m.yaml:13:23: there is no population 'hid'; did you mean 'hidden'?");
    expect_error(edited("epochs: 3", "rate_penalty: [{population: hiden, strength: 1}]"),
                 "m.yaml:11:110: there is no population 'hiden'; did you mean 'hidden'?");
}

TEST(ModelParts, EndsOfProjections) {
    expect_error(with_projections("  - {from: hidden, to: input}\n"),
                 "m.yaml:11:24: 'input' is a spike_source, which takes no input");
    expect_error(
        with_projections("  - {from: output, to: hidden}\n"),
        "m.yaml:11:12: 'output' is a leaky_readout, which sends nothing to other populations");
    expect_error(with_projections("  - {from: output, to: output}\n"),
                 "'output' is a leaky_readout, which sends nothing");
    expect_error(with_projections("  - {from: hidden, to: output}\n"),
                 "m.yaml:11:5: another projection is called 'hidden_to_output' too; give this one "
                 "a name of its own, for example 'name: hidden_to_output_2'");
    EXPECT_NO_THROW(
        parse_model(with_projections("  - {from: hidden, to: output, name: again}\n"), "m.yaml"));
    expect_error(edited("{init: xavier_normal, gain: 2}", "0.25"),
                 "m.yaml:9:39: initial weights of a training follow a rule; for all the same write "
                 "weight: {init: constant, value: 0.25}");
    expect_error(edited("{init: xavier_normal, gain: 2}", "{init: uniform, low: 2}"),
                 "m.yaml:9:60: low (2) is greater than high (1)");
}

TEST(ModelParts, TwoProjectionsMustNotShareAName) {
    std::string text = edited("  output:",
                              "  a: {size: 4, model: lif}\n  b_to_output: {size: 4, model: lif}\n  "
                              "a_to_b: {size: 4, model: lif}\n  output:");
    text = replaced(
        text, "train:",
        "  - {from: input, to: a}\n  - {from: input, to: a_to_b}\n  - {from: a, to: b_to_output}\n"
        "  - {from: a_to_b, to: output}\n  - {from: b_to_output, to: output}\ntrain:");
    expect_error(text, "m.yaml:17:5: another projection is called 'a_to_b_to_output' too");
}

TEST(ModelParts, InputAndOutput) {
    expect_error(
        edited("model: spike_source", "model: lif"),
        "m.yaml:5:3: there is no input: exactly one population must be of model spike_source");
    const std::string inputs =
        edited("  output:", "  other: {size: 784, model: spike_source}\n  output:");
    expect_error(replaced(inputs, "train:", "  - {from: other, to: hidden}\ntrain:"),
                 "m.yaml:5:3: there is more than one input (input, other)");
    const std::string two = edited("  output:", "  other: {size: 4, model: lif}\n  output:");
    expect_error(replaced(two, "train:", "  - {from: input, to: other}\ntrain:"),
                 "m.yaml:5:3: there is more than one output (other, output)");
    const std::string none =
        replaced(with_projections("  - {from: output, to: hidden}\n"), "leaky_readout", "lif");
    EXPECT_NE(error_of(none).find("there is no output: every population projects to another"),
              std::string::npos)
        << error_of(none);
}

TEST(ModelParts, Reach) {
    const std::string text = edited("  output:", "  other: {size: 4, model: lif}\n  output:");
    expect_error(replaced(text, "train:", "  - {from: other, to: output}\ntrain:"),
                 "m.yaml:7:10: no projection leads from the input to 'other'");
}

TEST(ModelParts, Cycles) {
    // On a cycle, what goes back to a population that stands before in the file takes a step.
    const std::string text = edited("  output:", "  second: {size: 8, model: lif}\n  output:");
    const ModelSpec spec =
        parse_model(replaced(text, "train:",
                             "  - {from: second, to: hidden}\n  - {from: hidden, to: second}\n"
                             "  - {from: second, to: second}\n  - {from: hidden, to: hidden}\n"
                             "train:"),
                    "m.yaml");
    EXPECT_EQ(delays_of(spec), (std::vector<std::size_t>{0, 0, 1, 0, 1, 1}));
    EXPECT_EQ(loops_of(spec), (std::vector<std::size_t>{0, 1, 1, 3}));
    EXPECT_EQ(on_cycles(spec), (std::vector<bool>{false, false, true, true, true, true}));
    // No cycle: nothing takes a step, whatever the order of the file.
    const ModelSpec forward = parse_model(
        replaced(edited("  hidden:", "  second: {size: 8, model: lif}\n  hidden:"), "train:",
                 "  - {from: hidden, to: second}\n  - {from: second, to: output}\ntrain:"),
        "m.yaml");
    EXPECT_EQ(delays_of(forward), (std::vector<std::size_t>{0, 0, 0, 0}));
}

std::vector<std::size_t> delays_with(const std::string& projections) {
    return delays_of(parse_model(with_projections(projections), "m.yaml"));
}

TEST(ModelParts, DelaysAreWholeSteps) {
    const auto with = [](const std::string& delay) {
        return "  - {from: hidden, to: hidden, delay: " + delay + "}\n";
    };
    EXPECT_EQ(delays_with(with("3 ms")), (std::vector<std::size_t>{0, 0, 3}));
    EXPECT_EQ(delays_with("  - {from: input, to: output, delay: 0.002 s}\n"),
              (std::vector<std::size_t>{0, 0, 2}));
    expect_error(with_projections(with("1.5 ms")),
                 "m.yaml:11:39: delay must be a whole multiple of dt (1 ms): 1 ms or 2 ms");
    expect_error(with_projections(with("-1 ms")), "m.yaml:11:39: delay must be");
    EXPECT_NE(error_of(with_projections(with("{distribution: uniform}")))
                  .find("unknown key 'distribution' in delay"),
              std::string::npos);
    EXPECT_TRUE(parse_model(with_projections(with("19 ms")), "m.yaml").warnings.empty());
    const std::vector<std::string> warnings =
        parse_model(with_projections(with("20 ms")), "m.yaml").warnings;
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_NE(warnings[0].find("nothing that 'hidden' sends to 'hidden' arrives: it takes 20 ms, "
                               "and a sample has 20 ms"),
              std::string::npos)
        << warnings[0];
}

TEST(ModelParts, ACycleHasADelay) {
    expect_error(with_projections("  - {from: hidden, to: hidden, delay: 0 ms}\n"),
                 "m.yaml:11:5: the cycle hidden -> hidden has no delay, so nothing in it could be "
                 "computed first; give one of its projections a delay, 1 ms (one dt) or longer");
    const std::string text =
        edited("  output:", "  b: {size: 8, model: lif}\n  c: {size: 8, model: lif}\n  output:");
    const auto round = [&](const std::string& back) {
        return replaced(text, "train:",
                        "  - {from: c, to: hidden" + back +
                            "}\n  - {from: hidden, to: b}\n  - {from: b, to: c}\n"
                            "  - {from: hidden, to: hidden}\n  - {from: c, to: output}\ntrain:");
    };
    expect_error(round(", delay: 0 ms"),
                 "m.yaml:15:5: the cycle c -> hidden -> b -> c has no delay");
    EXPECT_EQ(delays_of(parse_model(round(", delay: 2 ms"), "m.yaml")),
              (std::vector<std::size_t>{0, 0, 2, 0, 0, 1, 0}));
    // Without delay back, where the way there has one.
    const ModelSpec spec =
        parse_model(replaced(edited("  output:", "  b: {size: 8, model: lif}\n  output:"), "train:",
                             "  - {from: b, to: hidden, delay: 0 ms}\n"
                             "  - {from: hidden, to: b, delay: 1 ms}\ntrain:"),
                    "m.yaml");
    EXPECT_EQ(delays_of(spec), (std::vector<std::size_t>{0, 0, 0, 1}));
    const Network network = compile(spec);
    EXPECT_EQ(network.populations[1].name, "b");
    EXPECT_EQ(network.populations[2].name, "hidden");
}

TEST(ModelParts, ACycleLeadsOnToTheOutput) {
    const std::string text =
        edited("  output:", "  b: {size: 8, model: lif}\n  c: {size: 8, model: lif}\n  output:");
    const std::string told =
        error_of(replaced(text, "train:",
                          "  - {from: hidden, to: b}\n  - {from: b, to: c}\n  - {from: c, to: b}\n"
                          "train:"));
    for (const char* const part :
         {"m.yaml:7:6: no projection leads from 'b' on to the output 'output'; add one, or remove "
          "it",
          "m.yaml:8:6: no projection leads from 'c' on to the output 'output'"})
        EXPECT_NE(told.find(part), std::string::npos) << told;
}

TEST(ModelParts, Shapes) {
    expect_error(edited("size: 784", "size: 100"),
                 "m.yaml:5:17: the input 'input' has 100 neurons, but a sample of mnist has 784 "
                 "pixels; write size: 784");
    expect_error(
        edited("size: 10,", "size: 9,"),
        "m.yaml:7:18: the output 'output' has 9 neurons, but mnist has 10 classes; write size: 10");
    expect_error(edited("size: 10,", "size: 11,"), "but mnist has 10 classes");
    // (784 + 10) * 4,000,000, and 784 * 46,000 + 46,000^2 + 46,000 * 10.
    expect_error(edited("size: 32", "size: 4000000"),
                 "m.yaml:9:3: the projections hold 3.18e+09 weights; at most 2.15e+09 (2^31)");
    const std::string recurrent =
        replaced(with_projections("  - {from: hidden, to: hidden}\n"), "size: 32", "size: 46000");
    expect_error(recurrent, "m.yaml:9:3: the projections hold 2.15e+09 weights");
    EXPECT_EQ(error_of(replaced(recurrent, "46000", "45000")), "no error");
}

TEST(ModelParts, AWindowGivesAShapeWhereASizeIsWritten) {
    const auto model = [](const std::string& pooled) {
        return "name: m\ndt: 1 ms\n"
               "data: {set: mnist, encode: {scheme: poisson, duration: 5 ms}}\n"
               "populations:\n"
               "  input: {shape: [1, 28, 28], model: spike_source}\n"
               "  pooled: {" +
               pooled +
               ", model: linear}\n"
               "  output: {size: 10, model: leaky_readout}\n"
               "projections:\n"
               "  - {from: input, to: pooled, connect: {rule: avg_pool, kernel: 2}}\n"
               "  - {from: pooled, to: output}\n";
    };
    const ModelSpec m = parse_model(model("size: 196"), "m.yaml");
    EXPECT_EQ(m.populations[1].shape, (std::vector<std::int64_t>{1, 14, 14}));
    expect_error(model("size: 195"),
                 "m.yaml:6:18: size is 195, but the shape [1, 14, 14] has 196 neurons");
}

TEST(ModelParts, Time) {
    expect_error(edited("0.02 s", "20.5 ms"),
                 "m.yaml:3:76: duration must be a whole multiple of dt (1 ms): 20 ms or 21 ms");
    expect_error(edited("0.02 s", "0.4 ms"),
                 "duration must be a whole multiple of dt (1 ms): 1 ms or 2 ms");
    expect_error(edited("0.02 s", "100001 ms"),
                 "m.yaml:3:76: duration is 100001 steps of dt (1 ms); at most 100000");
    EXPECT_EQ(error_of(edited("0.02 s", "100000 ms")), "no error");
    expect_error(
        edited(", duration: 0.02 s", ""),
        "m.yaml:3:28: encode is missing the key 'duration', for example 'duration: 25 ms'");
    expect_error(edited("0.25 kHz", "2 kHz"),
                 "m.yaml:3:56: max_rate (2000 Hz) times dt (1 ms) is the probability of a spike in "
                 "a step, here 2; write at most 1000 Hz");
    EXPECT_EQ(error_of(edited("0.25 kHz", "1 kHz")), "no error");
    // The default of 1000 Hz is too much for a dt of 2 ms.
    expect_error(replaced(edited("max_rate: 0.25 kHz, ", ""), "dt: 1 ms", "dt: 2 ms"),
                 "m.yaml:3:28: max_rate (1000 Hz) times dt (2 ms)");
    expect_error(edited("tau_m: 10 ms", "tau_m: 0.5 ms, integration: euler"),
                 "m.yaml:6:62: an euler step of dt (1 ms) is longer than a time constant (0.5 ms) "
                 "and overshoots; use integration: exact");
    expect_error(
        edited("model: lif, tau_m: 10 ms", "model: cuba_lif, tau_s: 0.5 ms, integration: euler"),
        "longer than a time constant (0.5 ms)");
    EXPECT_EQ(error_of(edited("tau_m: 10 ms", "tau_m: 0.5 ms")), "no error");
}

TEST(ModelParts, OneWrongTimeStepIsOneError) {
    expect_error(edited("dt: 1 ms", "dt: 0 ms"), "m.yaml:2:5: dt must be greater than 0 ms");
    expect_error(edited("model: spike_source", "model: source"),
                 "m.yaml:5:29: unknown model 'source'; did you mean 'spike_source'?");
    expect_error(edited("model: leaky_readout", "model: readout"),
                 "unknown model 'readout'; did you mean 'leaky_readout'?");
}

TEST(ModelParts, Training) {
    expect_error(edited("epochs: 3", "loss: cross_entropy_count"),
                 "m.yaml:11:88: cross_entropy_count counts spikes, but the output 'output' is a "
                 "leaky_readout, which sends none; use loss: cross_entropy_max");
    expect_error(edited("epochs: 3", "loss: mse_count"),
                 "mse_count counts spikes, but the output 'output' is a leaky_readout");
    for (const char* output : {"lif", "linear"}) {
        EXPECT_EQ(
            error_of(replaced(edited("epochs: 3", "loss: mse_count"), "leaky_readout", output)),
            "no error");
    }
    expect_error(edited("epochs: 3", "best_weights: true"),
                 "m.yaml:11:96: best_weights needs validation samples; add validation: 0.1");
    expect_error(edited("epochs: 3", "early_stopping: {}"),
                 "m.yaml:11:98: early_stopping needs validation samples; add validation: 0.1");
    EXPECT_EQ(
        error_of(edited("epochs: 3", "early_stopping: {}, best_weights: true, validation: 0.1")),
        "no error");
    expect_error(
        edited("epochs: 3", "rate_penalty: [{population: output, strength: 1}]"),
        "'output' is a leaky_readout; a rate penalty is for populations of spiking neurons");
    expect_error(edited("epochs: 3", "rate_penalty: [{population: input, strength: 1}]"),
                 "'input' is a spike_source; a rate penalty is for");
    expect_error(
        edited("epochs: 3",
               "rate_penalty: [{population: hidden, strength: 1, lower: 0.5, upper: 0.1}]"),
        "m.yaml:11:138: lower (0.5) is greater than upper (0.1)");
}

TEST(ModelParts, DalesLaw) {
    const auto with = [](const std::string& keys) {
        return edited("reset: zero", "reset: zero, " + keys);
    };
    for (const char* method : {"project", "softplus", "relu"})
        EXPECT_EQ(error_of(with(std::string("dale: {method: ") + method + ", excitatory: 0.5}")),
                  "no error");
    expect_error(with("dale: {method: clip}"),
                 "m.yaml:6:76: method cannot be 'clip' (one of: project, softplus, relu)");
    expect_error(with("dale: {excitatory: 1.2}"), "excitatory must be between 0 and 1");
    expect_error(with("dale: {excitatory: 0.01}"),
                 "0.01 of the 32 cells of 'hidden' are 0: all would inhibit; write 0, or a larger");
    expect_error(
        with("dale: {excitatory: 0.99}"),
        "0.99 of the 32 cells of 'hidden' are 32: all would excite; write 1, or a smaller");
    expect_error(edited("model: leaky_readout", "model: leaky_readout, dale: {}"),
                 "m.yaml:7:50: 'output' has no projection with weights, so that dale says nothing");
    expect_error(edited("model: lif, tau_m: 10 ms, reset: zero", "model: tanh, dale: {}"),
                 "'hidden' is a tanh, which sends values of both signs; Dale's law is of what");
    expect_error(
        replaced(replaced(edited("model: leaky_readout", "model: leaky_readout, batch_norm: {}"),
                          "reset: zero", "reset: zero, dale: {}"),
                 "to: output}", "to: output, bias: true}"),
        "'hidden' has weights of one sign to 'output', whose norm becomes part of them");
}

TEST(ModelParts, TargetsOfEveryStepAreOfDataOfOnesOwn) {
    expect_error(edited("epochs: 3", "loss: mse_step"),
                 "mse_step is for real targets (data.set: file); mnist has classes");
}

TEST(ModelParts, Recording) {
    expect_error(edited("hidden, what: spikes", "input, what: v"),
                 "m.yaml:13:36: 'input' is a spike_source, which has no v; write what: spikes");
    expect_error(edited("hidden, what: spikes", "output, what: spikes"),
                 "m.yaml:13:37: 'output' is a leaky_readout, which never spikes; write what: v");
    expect_error(edited("what: spikes}", "what: spikes}, {population: hidden, what: spikes}"),
                 "m.yaml:13:46: spikes of 'hidden' is recorded already");
    expect_error(edited("test:\n", ""),
                 "m.yaml:12:9: recording is done while testing; add the section 'test: {}'");
}

TEST(ModelParts, ConnectionRulesNeedTheirKeysAndSizes) {
    const auto connect = [](const std::string& rule) {
        return edited("to: hidden, weight", "to: hidden, connect: " + rule + ", weight");
    };
    expect_error(connect("fixed_probability"), "fixed_probability is missing the key 'p'");
    expect_error(connect("{rule: all_to_all, n: 3}"), "all_to_all does not use 'n'");
    expect_error(connect("{rule: fixed_in_degree, n: 785}"),
                 "n (785) is more than 'input' has neurons (784); in a training no pair has "
                 "several weights");
    expect_error(connect("{rule: fixed_out_degree, n: 33}"),
                 "n (33) is more than 'hidden' has neurons (32)");
    expect_error(connect("{rule: fixed_total_number, n: 25089}"),
                 "n (25089) is more than there are pairs of 'input' and 'hidden' (25088)");
    expect_error(connect("{rule: fixed_total_number}"), "is missing the key 'n' (or 'p')");
    expect_error(connect("{rule: fixed_in_degree, n: 3, multapses: true}"),
                 "in a training a pair has one weight at most; leave multapses out");
    expect_error(connect("{rule: all_to_all, own: false}"),
                 "own: false needs populations of one size; 'input' has 784 cells and 'hidden' "
                 "has 32");
    expect_error(with_projections("  - {from: hidden, to: hidden, connect: {rule: "
                                  "fixed_in_degree, n: 32, autapses: false}}\n"),
                 "n (32) is more than 'hidden' has neurons to choose from (31)");
    for (const char* const rule :
         {"{rule: fixed_out_degree, n: 32, multapses: false}", "{rule: fixed_total_number, p: 0.5}",
          "{rule: fixed_total_number, n: 25088}"})
        EXPECT_EQ(error_of(connect(rule)), "no error");
    expect_error(connect("blocks"), "784 cells ('input') and 32 ('hidden') do not divide");
    expect_error(connect("one_to_one"), "'input' has 784 cells and 'hidden' has 32");
    const ModelSpec spec = parse_model(connect("{rule: fixed_in_degree, n: 9}"), "m.yaml");
    EXPECT_EQ(spec.projections[0].connect.rule, Rule::fixed_in_degree);
    EXPECT_EQ(spec.projections[0].connect.n, 9);
}

TEST(ModelParts, PruningLeavesEpochsToFineTune) {
    const auto prune = [](const std::string& spec, const std::string& more = "") {
        return edited("epochs: 3", "epochs: 3, prune: {" + spec + "}" + more);
    };
    expect_error(prune("sparsity: 0.9, to: 3"), "leaves none of 3 epochs to fine-tune");
    expect_error(prune("sparsity: 0.9, from: 2"), "from (2) is greater than to (1)");
    expect_error(prune("sparsity: 1"), "sparsity must be");
    expect_error(prune("sparsity: 0.5", ", validation: 0.1, best_weights: true"),
                 "early_stopping and best_weights could end with weights from before");
    EXPECT_EQ(parse_model(prune("sparsity: 0.9, to: 2"), "m.yaml").train->prune->to, 2);
}

TEST(ModelParts, ValuesGoRoundCyclesToo) {
    for (const char* const model : {"vsn", "relu", "tanh"}) {
        EXPECT_EQ(error_of(replaced(edited("model: lif, tau_m: 10 ms, reset: zero",
                                           std::string("model: ") + model),
                                    "  - {from: hidden, to: output}",
                                    "  - {from: hidden, to: output}\n"
                                    "  - {from: hidden, to: hidden}")),
                  "no error");
    }
    expect_error(
        replaced(replaced(edited("model: lif, tau_m: 10 ms, reset: zero", "model: relu"),
                          "  - {from: hidden, to: output}",
                          "  - {from: hidden, to: output}\n  - {from: hidden, to: hidden}"),
                 ", max_rate: 0.25 kHz, duration: 0.02 s", ", max_rate: 0.25 kHz"),
        "encode is missing the key 'duration', for example 'duration: 25 ms': the time that a "
        "sample is shown");
}

}  // namespace
}  // namespace snnsim
