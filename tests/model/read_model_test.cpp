// What is read from a model file.
#include "tests/model/model_text.hpp"
#include "tests/shipped_model.hpp"

namespace snnsim {
namespace {

TEST(ReadModel, ReadsEverySection) {
    const ModelSpec m = parse_model(good, "m.yaml");
    EXPECT_EQ(m.name, "test");
    EXPECT_EQ(m.path, "m.yaml");
    EXPECT_EQ(m.text, good);
    EXPECT_EQ(m.seed, 1u);
    EXPECT_EQ(m.dt, 1.0);
    EXPECT_EQ(m.data.set, DataSet::mnist);
    EXPECT_EQ(m.data.encode.duration, 20.0);
    EXPECT_EQ(m.steps(), 20);
    EXPECT_EQ(std::get<Poisson::Params>(m.data.encode.scheme).max_rate, 250.0);
    ASSERT_EQ(m.projections.size(), 2u);
    EXPECT_EQ(m.projections[0].name(), "input_to_hidden");
    EXPECT_EQ(m.projections[0].weight.init, WeightInit::xavier_normal);
    EXPECT_EQ(m.projections[0].weight.gain, 2.0);
    EXPECT_TRUE(m.projections[0].bias);
    EXPECT_FALSE(m.projections[1].bias);
    EXPECT_TRUE(m.projections[1].trainable);
    ASSERT_TRUE(m.train);
    EXPECT_EQ(m.train->epochs, 3);
    EXPECT_EQ(std::get<AdamW::Params>(m.train->optimizer).lr, 2e-3);
    EXPECT_EQ(std::get<AdamW::Params>(m.train->optimizer).weight_decay, 0.01);
    EXPECT_EQ(m.train->schedule.name, Schedule::cosine);
    EXPECT_TRUE(std::holds_alternative<Arctan::Params>(m.train->surrogate));
    EXPECT_TRUE(m.test);
    ASSERT_EQ(m.record.size(), 1u);
    EXPECT_EQ(m.record[0].population, "hidden");
    EXPECT_EQ(m.record[0].samples, 100);
}

TEST(ReadModel, PopulationsKeepTheOrderOfTheFile) {
    const ModelSpec m = parse_model(good, "m.yaml");
    ASSERT_EQ(m.populations.size(), 3u);
    EXPECT_EQ(m.populations[0].name, "input");
    EXPECT_EQ(m.populations[1].name, "hidden");
    EXPECT_EQ(m.populations[2].name, "output");
    EXPECT_TRUE(std::holds_alternative<LeakyReadout::Params>(m.populations[2].neuron));
    const auto& lif = std::get<Lif::Params>(m.populations[1].neuron);
    EXPECT_EQ(lif.tau_m, 10.0);
    EXPECT_EQ(lif.reset, Reset::zero);
    EXPECT_EQ(lif.v_th, 1.0);
    EXPECT_EQ(m.populations[1].at.line, 6);
    EXPECT_EQ(m.projections[1].at.line, 10);
}

TEST(ReadModel, UnitsAreConverted) {
    const auto tau = [](const std::string& quantity) {
        const ModelSpec m = parse_model(edited("10 ms", quantity), "m.yaml");
        return std::get<Lif::Params>(m.populations[1].neuron).tau_m;
    };
    EXPECT_DOUBLE_EQ(tau("10 ms"), 10.0);
    EXPECT_DOUBLE_EQ(tau("10ms"), 10.0);
    EXPECT_DOUBLE_EQ(tau("0.01 s"), 10.0);
    EXPECT_DOUBLE_EQ(tau("1e4 us"), 10.0);
    EXPECT_DOUBLE_EQ(tau("+1.0e1 ms"), 10.0);
}

TEST(ReadModel, ANameAloneStandsForItsMapping) {
    std::string text =
        edited("encode: {scheme: poisson, max_rate: 0.25 kHz, duration: 0.02 s}", "encode: direct");
    text = replaced(text, "model: lif, tau_m: 10 ms, reset: zero", "model: relu");
    text = replaced(text, "model: leaky_readout", "model: linear");
    text = replaced(text, "{init: xavier_normal, gain: 2}", "normal");
    text = replaced(text, "{name: adamw, lr: 2e-3}", "sgd");
    const ModelSpec m = parse_model(text, "m.yaml");
    EXPECT_TRUE(std::holds_alternative<Direct::Params>(m.data.encode.scheme));
    EXPECT_EQ(m.steps(), 1);
    EXPECT_EQ(m.projections[0].weight.init, WeightInit::normal);
    EXPECT_EQ(std::get<Sgd::Params>(m.train->optimizer).lr, 0.1);
}

TEST(ReadModel, EveryEncoderAndEveryModelIsRead) {
    for (const char* scheme : Encoders::names) {
        const std::string text =
            edited("scheme: poisson, max_rate: 0.25 kHz", std::string("scheme: ") + scheme);
        if (scheme == std::string("sequence")) {  // as many inputs and steps as a sample has values
            EXPECT_NE(error_of(text).find("are 1 step of 784 inputs"), std::string::npos);
            continue;
        }
        EXPECT_STREQ(Encoders::name_of(parse_model(text, "m.yaml").data.encode.scheme), scheme);
    }
    for (const char* name : {"lif", "cuba_lif", "adaptive_lif", "relu", "tanh", "linear"}) {
        const std::string text =
            edited("model: lif, tau_m: 10 ms, reset: zero", std::string("model: ") + name);
        EXPECT_STREQ(NeuronModels::name_of(parse_model(text, "m.yaml").populations[1].neuron),
                     name);
    }
}

TEST(ReadModel, TheSeedHas64Bits) {
    const std::string text = edited("dt:", "seed: 18446744073709551615\ndt:");
    EXPECT_EQ(parse_model(text, "m.yaml").seed, 18446744073709551615ull);
}

TEST(ReadModel, ANetworkMayBeTestedUntrained) {
    const std::size_t at = good.find("train:"), end = good.find("test:");
    const ModelSpec m = parse_model(good.substr(0, at) + good.substr(end), "m.yaml");
    EXPECT_FALSE(m.train);
    EXPECT_TRUE(m.test);
}

TEST(ReadModel, APopulationMayProjectToItself) {
    EXPECT_EQ(parse_model(with_projections("  - {from: hidden, to: hidden}\n"), "m.yaml")
                  .projections.size(),
              3u);
}

TEST(ReadModel, CommentsAnchorsWindowsLineEndsAndUnicodeAreFine) {
    std::string text =
        "# Größe\r\n" + edited("{init: xavier_normal, gain: 2}", "&w {init: normal, std: 0.5}");
    text = replaced(text, "{from: hidden, to: output}", "{from: hidden, to: output, weight: *w}");
    for (std::size_t at = 0; (at = text.find("\n", at)) != std::string::npos; at += 2)
        text.replace(at, 1, "\r\n");
    EXPECT_EQ(parse_model(text, "m.yaml").projections[1].weight.std, 0.5);
}

TEST(ReadModel, ShippedModelsAreValid) {
    for (const char* name : {"mnist_lif", "mnist_ann", "fashion_lif", "mnist_lif_latency",
                             "mnist_rsnn", "mnist_ei", "mnist_plif"}) {
        const ModelSpec m = read_model(shipped_model(name));
        EXPECT_EQ(m.name, name);
        EXPECT_TRUE(m.train);
        EXPECT_TRUE(m.test);
    }
}

}  // namespace
}  // namespace snnsim
