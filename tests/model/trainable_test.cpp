// Parameters of neurons that are trained: what the model file may say, and what is said of it.
#include "snnsim/network.hpp"
#include "tests/model/model_text.hpp"

namespace snnsim {
namespace {

/// The good model whose hidden neurons train that.
std::string with_trainable(const std::string& what,
                           const std::string& model = "lif, tau_m: 10 ms") {
    return edited("model: lif, tau_m: 10 ms, reset: zero",
                  "model: " + model + ", trainable: " + what);
}

const Population& hidden_of(const Network& network) {
    return network.populations[1];
}

TEST(Trainable, ListsAndMappings) {
    const ModelSpec list = parse_model(with_trainable("[tau_m, v_th]"), "m.yaml");
    ASSERT_EQ(list.populations[1].trainable.size(), 2u);
    EXPECT_EQ(list.populations[1].trainable[1].name, "v_th");
    EXPECT_EQ(list.populations[1].trainable[0].per, Per::layer);
    const ModelSpec map = parse_model(
        with_trainable("{tau_m: {per: cell, spread: 0.3, lr: 0.01, as: sigmoid}, v_th: }"),
        "m.yaml");
    const TrainableSpec& tau = map.populations[1].trainable[0];
    EXPECT_EQ(tau.per, Per::cell);
    EXPECT_EQ(tau.as, LinkKind::sigmoid);
    EXPECT_EQ(*tau.lr, 0.01);
    EXPECT_EQ(tau.spread, 0.3);
    EXPECT_EQ(map.populations[1].trainable[1].name, "v_th");
}

TEST(Trainable, StartsAtTheValueOfTheModel) {
    const Network network =
        compile(parse_model(with_trainable("{tau_m: {per: cell}, v_th: {}}"), "m.yaml"));
    const TrainedParameter& tau = hidden_of(network).trained[0];
    EXPECT_EQ(tau.unit, "ms");
    ASSERT_EQ(tau.w.size(), 32u);
    for (std::size_t n = 0; n < 32; ++n) EXPECT_NEAR(tau.value_of(n), 10.0, 1e-5);
    EXPECT_EQ(hidden_of(network).trained[1].w.size(), 1u);
}

TEST(Trainable, SpreadIsDrawnBySeedAndKeepsToTheLimits) {
    const std::string text = with_trainable("{tau_m: {per: cell, spread: 0.5}}");
    const auto values = [&](const std::vector<std::string>& overrides) {
        const Network network = compile(parse_model(text, "m.yaml", overrides));
        const TrainedParameter& tau = hidden_of(network).trained[0];
        return values_of(tau, tau.w, 32);
    };
    const std::vector<double> one = values({});
    EXPECT_EQ(one, values({}));
    EXPECT_NE(one, values({"seed=2"}));
    const auto [least, greatest] = std::minmax_element(one.begin(), one.end());
    EXPECT_GT(*least, 0.0);
    EXPECT_LT(*least, 8.0);
    EXPECT_GT(*greatest, 12.0);
}

TEST(Trainable, LinksFollowTheLimits) {
    const auto link = [](const std::string& what, const std::string& model) {
        const Network network = compile(parse_model(with_trainable(what, model), "m.yaml"));
        return hidden_of(network).trained[0].link.form;
    };
    EXPECT_EQ(link("[tau_m]", "lif"), Link::Form::log);
    EXPECT_EQ(link("[tau_m]", "lif, integration: euler"), Link::Form::rate);
    EXPECT_EQ(link("{tau_m: {as: sigmoid}}", "lif"), Link::Form::rate);
    EXPECT_EQ(link("[beta]", "vsn"), Link::Form::sigmoid);
    EXPECT_EQ(link("[v_th]", "vsn"), Link::Form::value);
    EXPECT_EQ(link("[adaptation]", "adaptive_lif"), Link::Form::log);
}

TEST(Trainable, EveryLinkIsTheInverseOfItself) {
    for (const Link link : {Link{Link::Form::value}, Link{Link::Form::log, 2.0},
                            Link{Link::Form::sigmoid, -1.0, 3.0}, Link{Link::Form::rate, 0.5}}) {
        for (const double w : {-3.0, -0.2, 0.0, 1.7}) {
            EXPECT_NEAR(link.variable(link.value(w)), w, 1e-12);
            const double h = 1e-6;
            EXPECT_NEAR(link.slope(w), (link.value(w + h) - link.value(w - h)) / (2 * h), 1e-7);
        }
    }
}

TEST(Trainable, WhatIsWrong) {
    expect_error(with_trainable("[tau]"),
                 "m.yaml:6:60: trainable of 'hidden': a lif has no parameter 'tau'; did you mean "
                 "'tau_m'? (can be trained: tau_m, v_th)");
    expect_error(with_trainable("[reset]"),
                 "reset is a choice, no number and cannot be trained (can be: tau_m, v_th)");
    expect_error(with_trainable("[tau_m, tau_m]"), "tau_m stands there already");
    expect_error(with_trainable("{tau_m: {per: channel}}"),
                 "tau_m per channel: 'hidden' has no channels; write layer or cell");
    expect_error(with_trainable("{tau_m: {spread: 0.1}}"),
                 "spread of tau_m: one value for all cells has none; add per: cell");
    expect_error(with_trainable("tau_m"), "trainable must be a list of parameters");
    expect_error(with_trainable("[[tau_m]]"), "trainable[0] must be a single value");
    expect_error(with_trainable("{tau_m: {pre: cell}}"), "unknown key 'pre' in tau_m");
    expect_error(with_trainable("{tau_m: {lr: 0}}"), "lr must be greater than 0");
    expect_error(with_trainable("{v_th: {as: value}}"), "value may leave its limits");
    expect_error(with_trainable("{tau_m: {as: log}}", "lif, integration: euler"),
                 "log knows no upper limit, and it must be dt (1 ms) at least in an Euler step");
    expect_error(with_trainable("{v_th: {as: sigmoid}}"), "sigmoid is for a time constant");
    expect_error(
        with_trainable("[adaptation]", "adaptive_lif, adaptation: 0"),
        "adaptation: it starts at 0, which is the end of what it can be; start it above 0");
    expect_error(with_trainable("[beta]", "vsn, beta: 0"), "start it between 0 and 1");
    expect_error(with_trainable("{tau_m: {as: sigmoid}}", "lif, tau_m: 0.5 ms"),
                 "it starts at 0.5 ms, below dt; start it above 1 ms (dt)");
    // Beside the bias, which such cells have none of.
    const auto says = [](const std::string& text, const char* part) {
        EXPECT_NE(error_of(text).find(part), std::string::npos) << error_of(text);
    };
    says(with_trainable("[tau_syn_in]", "iaf_psc_exp"),
         "tau_syn_in is the same as tau_syn_ex in a training: write tau_syn_ex");
    says(with_trainable("[t_ref]", "iaf_psc_delta"), "t_ref is no number that a step");
    expect_error(edited("model: spike_source", "model: spike_source, trainable: [rate]"),
                 "a spike_source has no parameter that can be trained; leave trainable out");
    expect_error(with_trainable("{tau_m: {dataset: x}}"), "dataset of tau_m is the name of");
}

TEST(Trainable, AllThatIsWrongIsSaidAtOnce) {
    const std::string all = error_of(with_trainable("[tau, reset, v_th, v_th]"));
    for (const char* part : {"parameter 'tau'", "reset is a choice", "v_th stands there already"})
        EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
}

TEST(LearningRates, OfProjections) {
    const ModelSpec m =
        parse_model(edited("bias: true}", "bias: true, lr: 0.5, weight_decay: 0}"), "m.yaml");
    EXPECT_EQ(*m.projections[0].lr, 0.5);
    EXPECT_EQ(*compile(m).projections[0].weight_decay, 0.0);
    EXPECT_FALSE(compile(m).projections[1].lr);
    expect_error(edited("bias: true}", "bias: true, lr: -1}"), "lr must be greater than 0");
}

}  // namespace
}  // namespace snnsim
