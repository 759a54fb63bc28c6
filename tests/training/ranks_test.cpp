// Networks that several ranks train together: the weights, losses and tests of one process.
#include <gtest/gtest.h>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/engine/ranks/thread_ranks.hpp"
#include "src/training/leading_trainer.hpp"
#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::bar_data;
using testing::CpuAsGpu;
using testing::first_samples;

constexpr const char* base = R"(
name: any
seed: 3
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, duration: 5 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 300, model: lif, tau_m: 5 ms}
  output: {size: 10, model: leaky_readout, tau_m: 10 ms}
projections:
  - {from: input, to: hidden, weight: {init: fan_in_uniform, gain: 3}, bias: true}
  - {from: hidden, to: output, weight: fan_in_uniform, bias: true}
train: {epochs: 2, batch: 11, optimizer: {name: adam, lr: 5e-3}, loss: cross_entropy_mean}
test: {}
)";
constexpr const char* small = "populations.hidden.size=20";
constexpr const char* loop =
    "projections=[{from: input, to: hidden, bias: true}, {from: hidden, to: hidden, weight: {init: "
    "fan_in_uniform, gain: 0.5}}, {from: hidden, to: output, bias: true}]";
constexpr const char* windows =
    "populations={input: {shape: [1, 28, 28], model: spike_source}, one: {model: lif, tau_m: 5 "
    "ms}, pooled: {model: relay}, two: {model: lif, tau_m: 5 ms, dropout: 0.3}, output: {size: 10, "
    "model: leaky_readout, tau_m: 10 ms}}";
constexpr const char* between_windows =
    "projections=[{from: input, to: one, connect: {rule: conv2d, channels: 5, kernel: 3, stride: "
    "2}, bias: true, weight: {gain: 2}}, {from: one, to: pooled, connect: {rule: max_pool, kernel: "
    "2}}, {from: pooled, to: two, connect: {rule: conv2d, channels: 18, kernel: 2, padding: 1}, "
    "bias: true, weight: {gain: 2}}, {from: two, to: output, bias: true}]";

struct Kind {
    const char* name;
    std::vector<std::string> settings;
};
std::ostream& operator<<(std::ostream& out, const Kind& k) {
    return out << k.name;
}

const Kind kinds[] = {
    {"dense", {}},
    {"values_in_a_step",
     {"data.encode={scheme: direct}", "populations.hidden={size: 300, model: relu}",
      "populations.output={size: 10, model: linear}"}},
    {"clipped_with_penalties",
     {"train.rate_penalty=[{population: hidden, lower: 0.1, upper: 0.2, strength: 1}]",
      "train.clip_norm=0.1"}},
    {"dropout_in_a_loop", {small, loop, "populations.hidden.dropout=0.4"}},
    {"sparse",
     {small, loop, "projections.0.connect={rule: fixed_in_degree, n: 30}",
      "projections.1.connect={rule: fixed_in_degree, n: 2}"}},
    {"windows", {windows, between_windows}},
    {"windows_with_norms", {windows, between_windows, "populations.two.batch_norm={}"}},
    {"learned",
     {"populations.hidden={size: 20, model: lif, tau_m: 5 ms, trainable: {tau_m: {per: cell}, "
      "v_th: {}}}",
      "populations.output.trainable=[tau_m]"}},
    {"delays",
     {small, "projections.0.delay={learn: synapse, max: 4 ms}",
      "projections.1.delay={learn: source, max: 4 ms}", "data.encode.duration=8 ms"}},
    {"truncated",
     {loop, "train.method={name: truncated_bptt, steps: 7}", "train.loss=cross_entropy_step",
      "data.encode.duration=20 ms"}},
    {"ottt",
     {loop, "train.method=ottt", "train.loss=cross_entropy_step", "data.encode.duration=40 ms"}},
    {"e_prop",
     {loop, "train.method=e_prop", "train.loss=cross_entropy_step", "data.encode.duration=40 ms"}},
    {"event_prop",
     {"train.method=event_prop", "populations.hidden={size: 20, model: cuba_lif, tau_m: 8 ms}",
      "projections.0.weight.gain=20"}},
    {"multiplies",
     {small,
      "projections=[{from: input, to: hidden, weight: {gain: 3}, bias: true}, {from: hidden, to: "
      "output, bias: true}, {from: input, to: hidden, name: dendrites, multiplies: "
      "input_to_hidden, bias: true}]"}},
};

ModelSpec model_of(const Kind& kind) {
    return parse_model(base, "test.yaml", kind.settings);
}

constexpr std::size_t shown = 30;  // two updates of 11, and one of 8

/// What came of a training, whole.
struct Found {
    std::vector<StepResult> steps;
    TrainerState state;
    Evaluation test;
};

void train_and_test(Trainer& trainer, const ModelSpec& m, Found& found) {
    const std::vector<std::uint32_t> samples = first_samples(shown);
    const auto updates = (shown + static_cast<std::size_t>(m.train->batch) - 1) /
                         static_cast<std::size_t>(m.train->batch);
    trainer.expect(samples);
    found.steps = trainer.train(samples, 1, std::vector<double>(updates, 1e-3));
    found.state = trainer.state();
    found.test = trainer.evaluate(first_samples(17),
                                  {.batch = 5, .record = {{"output", RecordWhat::v, 9, {}}}});
}

void expect_same(const Found& found, const Found& wanted) {
    ASSERT_EQ(found.steps.size(), wanted.steps.size());
    for (std::size_t k = 0; k < wanted.steps.size(); ++k) {
        EXPECT_EQ(found.steps[k].loss, wanted.steps[k].loss) << "update " << k;
        EXPECT_EQ(found.steps[k].accuracy, wanted.steps[k].accuracy);
    }
    EXPECT_EQ(found.state.weights, wanted.state.weights);
    EXPECT_EQ(found.state.bias, wanted.state.bias);
    EXPECT_EQ(found.state.moments, wanted.state.moments);
    EXPECT_EQ(found.state.updates, wanted.state.updates);
    EXPECT_EQ(found.state.delays, wanted.state.delays);
    ASSERT_EQ(found.state.norms.size(), wanted.state.norms.size());
    for (std::size_t k = 0; k < wanted.state.norms.size(); ++k) {
        EXPECT_EQ(found.state.norms[k].scale, wanted.state.norms[k].scale);
        EXPECT_EQ(found.state.norms[k].variance, wanted.state.norms[k].variance);
    }
    for (std::size_t k = 0; k < wanted.state.learned.size(); ++k) {
        for (std::size_t n = 0; n < wanted.state.learned[k].size(); ++n)
            EXPECT_EQ(found.state.learned[k][n].w, wanted.state.learned[k][n].w);
    }
    for (std::size_t k = 0; k < wanted.state.counts.backward.size(); ++k) {
        EXPECT_EQ(found.state.counts.forward[k].acs, wanted.state.counts.forward[k].acs);
        EXPECT_EQ(found.state.counts.backward[k].macs, wanted.state.counts.backward[k].macs);
    }
    EXPECT_EQ(found.test.loss, wanted.test.loss);
    EXPECT_EQ(found.test.predictions, wanted.test.predictions);
    ASSERT_EQ(found.test.states.size(), wanted.test.states.size());
    EXPECT_EQ(found.test.states[0].values, wanted.test.states[0].values);
    EXPECT_EQ(found.test.counts.forward[0].events, wanted.test.counts.forward[0].events);
}

template <class Backend>
Found trained_on(int ranks, int threads, const ModelSpec& m) {
    const Network network = compile(m);
    const Dataset data = bar_data(40, 20);
    Found found;
    ThreadRanks(ranks).run([&](Exchange& exchange) {
        TrainerOn<Backend> trainer(network, {*m.train, m.seed, threads}, exchange);
        trainer.load(data);
        Found mine;
        train_and_test(trainer, m, mine);
        if (exchange.leads()) found = std::move(mine);
    });
    return found;
}
Found trained_alone(const ModelSpec& m) {
    const auto trainer = make_cpu_trainer(compile(m), {*m.train, m.seed, 1});
    trainer->load(bar_data(40, 20));
    Found found;
    train_and_test(*trainer, m, found);
    return found;
}

class TrainingRanks : public ::testing::TestWithParam<Kind> {};

TEST_P(TrainingRanks, LearnWhatOneProcessDoes) {
    const ModelSpec m = model_of(GetParam());
    const Found wanted = trained_alone(m);
    EXPECT_GT(wanted.test.counts.forward[0].events, 0u);
    for (const auto& [ranks, threads] : {std::pair{1, 2}, {2, 1}, {3, 2}, {4, 1}, {7, 1}}) {
        SCOPED_TRACE(::testing::Message() << ranks << " ranks of " << threads << " threads");
        expect_same(trained_on<Cpu>(ranks, threads, m), wanted);
    }
    SCOPED_TRACE("3 ranks as GPUs");
    expect_same(trained_on<CpuAsGpu>(3, 1, m), wanted);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TrainingRanks, ::testing::ValuesIn(kinds),
                         [](const ::testing::TestParamInfo<Kind>& k) {
                             return std::string(k.param.name);
                         });

TEST(TrainingRanks, MayBeMoreThanTheSamplesOfAnUpdate) {
    for (const char* kind : {"dense", "windows_with_norms", "sparse", "delays"}) {
        const auto of = std::find_if(std::begin(kinds), std::end(kinds),
                                     [&](const Kind& k) { return k.name == std::string(kind); });
        ModelSpec m = model_of(*of);
        m.train->batch = 3;
        SCOPED_TRACE(kind);
        expect_same(trained_on<Cpu>(4, 1, m), trained_alone(m));
    }
}

/// What a run asks of a trainer, one after the other.
TEST(TrainingRanks, DoWhatTheFirstIsAskedFor) {
    const ModelSpec m = model_of({"", {small, "train.prune={sparsity: 0.5}"}});
    const Network network = compile(m);
    const Dataset data = bar_data(40, 20);
    const MakeTrainer make = [&](Exchange& exchange) {
        auto trainer = make_cpu_trainer(network, {*m.train, m.seed, 1}, exchange);
        trainer->load(data);
        return trainer;
    };
    const auto run = [&](Trainer& trainer, std::vector<Found>& found) {
        trainer.load(data);
        train_and_test(trainer, m, found.emplace_back());
        trainer.prune(0.5);
        const TrainerState at = trainer.state();
        train_and_test(trainer, m, found.emplace_back());
        trainer.set_state(at);
        train_and_test(trainer, m, found.emplace_back());
        bool asked = false;
        const Evaluation stopped = trainer.evaluate(
            first_samples(17), {.batch = 5, .stop = [&] { return std::exchange(asked, true); }});
        EXPECT_TRUE(stopped.predictions.empty());
        trainer.quantize({}, first_samples(20), {});
        train_and_test(trainer, m, found.emplace_back());
        trainer.fix(std::vector<double>(network.populations.size(), 1024.0));
        found.emplace_back(found.back()).test =
            trainer.evaluate(first_samples(17), {.record = {{"output", RecordWhat::v, 9, {}}}});
    };
    std::vector<Found> wanted, found;
    run(*make(no_exchange()), wanted);
    EXPECT_NE(wanted[0].state.weights, wanted[1].state.weights);
    EXPECT_EQ(wanted[1].state.weights, wanted[2].state.weights);
    ThreadRanks(3).run([&](Exchange& exchange) {
        if (exchange.leads())
            run(*make_leading_trainer(make, exchange), found);
        else
            follow_trainer(make, exchange);
    });
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        SCOPED_TRACE(k);
        expect_same(found[k], wanted[k]);
    }
}

TEST(TrainingRanks, HearOfOneThatFails) {
    const auto said = [](int failing) {
        std::vector<std::string> heard(3);
        try {
            ThreadRanks(3).run([&](Exchange& exchange) {
                const auto r = static_cast<std::size_t>(exchange.rank());
                std::vector<std::byte> bytes(100);
                try {
                    if (exchange.rank() == failing) throw DataError("a sample is gone");
                    if (exchange.rank() > 0) exchange.take_over(bytes);
                    if (exchange.rank() < 2) exchange.hand_on(bytes);
                    exchange.settle(bytes);
                } catch (const RankError& e) {
                    heard[r] = e.what();
                    throw;
                }
            });
        } catch (const DataError& e) {
            heard.emplace_back(e.what());
        }
        return heard;
    };
    const std::string told = "a sample is gone";
    for (int failing = 0; failing < 3; ++failing) {
        std::vector<std::string> wanted(3, "rank " + std::to_string(failing) + ": " + told);
        wanted[static_cast<std::size_t>(failing)] = "";
        wanted.push_back(told);
        EXPECT_EQ(said(failing), wanted);
    }
}

}  // namespace
}  // namespace snnsim
