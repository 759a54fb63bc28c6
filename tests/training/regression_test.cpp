// Training on real targets: the loss and its gradient, the error, the same bits anywhere.
#include <gtest/gtest.h>

#include <cmath>

#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::CpuAsGpu;
using testing::first_samples;
using testing::train_some;

/// Two numbers and their sum and difference.
SampleSet sums(std::int64_t count, float shift) {
    SampleSet s;
    s.count = count;
    s.inputs = s.outputs = 2;
    s.form = SampleForm::values;
    for (std::int64_t k = 0; k < count; ++k) {
        const float a = std::sin(0.7f * static_cast<float>(k) + shift);
        const float b = std::cos(1.3f * static_cast<float>(k) + shift);
        s.in.values.insert(s.in.values.end(), {a, b});
        s.y.insert(s.y.end(), {a + b, a - b});
    }
    return s;
}

Dataset sum_data() {
    Dataset data;
    data.classes = 0;
    data.train = sums(192, 0.0f);
    data.test = sums(50, 0.1f);
    return data;
}

ModelSpec model(NeuronModels::Params hidden, double duration) {
    ModelSpec m = testing::small_model(std::move(hidden));
    m.data.set = DataSet::file;
    m.data.encode = {Direct::Params{}, duration};
    m.populations[0].size = m.populations[2].size = 2;
    m.populations[2].neuron = Linear::Params{};
    m.train->loss = Loss::mse_mean;
    return m;
}

Network network_of(const ModelSpec& m) {
    Network out = compile(m);
    out.shown = SampleForm::values;
    return out;
}

/// Targets of every step: the sum and the difference of what was shown, and how they fade.
Dataset faded(Dataset data, std::int64_t steps) {
    for (SampleSet* set : {&data.train, &data.test}) {
        std::vector<float> y;
        for (std::size_t k = 0; k < set->y.size(); k += 2) {
            for (std::int64_t t = 0; t < steps; ++t) {
                const float left = 1.0f / static_cast<float>(1 + t);
                y.insert(y.end(), {left * set->y[k], left * set->y[k + 1]});
            }
        }
        set->y = std::move(y);
        set->outputs *= steps;
    }
    return data;
}
/// Targets between 0 and 1.
Dataset shares(Dataset data) {
    for (SampleSet* set : {&data.train, &data.test})
        for (float& y : set->y) y = 0.5f + 0.25f * y;
    return data;
}
/// As the loss of a model wants them.
Dataset data_for(const ModelSpec& m) {
    if (m.train->loss == Loss::binary_cross_entropy_step)
        return shares(faded(sum_data(), m.steps()));
    return m.train->loss == Loss::mse_step ? faded(sum_data(), m.steps()) : sum_data();
}
ModelSpec by_step(ModelSpec m) {
    m.train->loss = Loss::mse_step;
    return m;
}

ModelSpec binary(ModelSpec m) {
    m.train->loss = Loss::binary_cross_entropy_step;
    return m;
}

std::vector<ModelSpec> all_forms() {
    return {by_step(model(Lif::Params{}, 4.0)),
            by_step(model(Tanh::Params{}, 3.0)),
            binary(model(Lif::Params{}, 4.0)),
            binary(model(Tanh::Params{}, 3.0)),
            binary(model(Tanh::Params{}, 0.0)),
            model(Vsn::Params{0.9, 0.1, Activation::identity, true}, 4.0),
            model(Lif::Params{}, 4.0),
            model(Relu::Params{}, 0.0),
            model(Tanh::Params{}, 0.0),
            model(Tanh::Params{}, 3.0)};
}

template <class Backend>
TrainerState trained_on(const ModelSpec& m, int threads) {
    TrainerOn<Backend> trainer(network_of(m), {*m.train, m.seed, threads});
    trainer.load(data_for(m));
    return train_some(trainer, m, 6);
}

TEST(Regression, SameBitsOnAnyNumberOfThreadsAndAsOnAGpu) {
    for (const ModelSpec& m : all_forms()) {
        const TrainerState one = trained_on<Cpu>(m, 1);
        EXPECT_EQ(one.weights, trained_on<Cpu>(m, 3).weights);
        EXPECT_EQ(one.weights, trained_on<CpuAsGpu>(m, 2).weights);
        EXPECT_EQ(one.moments, trained_on<CpuAsGpu>(m, 2).moments);
    }
}

TEST(Regression, LossAndErrorFollowFromTheOutputs) {
    for (const ModelSpec& m : all_forms()) {
        const auto trainer = make_cpu_trainer(network_of(m), {*m.train, m.seed, 2});
        const Dataset data = data_for(m);
        trainer->load(data);
        const Evaluation e = trainer->evaluate(first_samples(50), {.batch = 7});
        const std::size_t count = data.test.y.size();
        ASSERT_EQ(e.outputs.size(), count);
        EXPECT_EQ(e.samples(), 50u);
        EXPECT_TRUE(e.labels.empty() && e.predictions.empty());
        double squares = 0.0, targets = 0.0, entropy = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            const double z = e.outputs[i], y = data.test.y[i];
            squares += std::pow(z - y, 2);
            targets += std::pow(y, 2);
            entropy -= y * std::log(z) + (1.0 - y) * std::log(1.0 - z);
        }
        const bool is_binary = m.train->loss == Loss::binary_cross_entropy_step;
        EXPECT_NEAR(e.loss, (is_binary ? entropy : squares) / static_cast<double>(count), 1e-6);
        ASSERT_TRUE(e.error);
        EXPECT_NEAR(*e.error, std::sqrt(squares / targets), 1e-6);
    }
}

/// With plain gradient descent an update shows the gradient: (w before - w after) / rate.
void expect_gradient_of_loss(ModelSpec m) {
    m.train->optimizer = Sgd::Params{0.1, 0.0, 0.0};
    m.train->batch = 50;
    const Network network = network_of(m);
    const auto loss_with = [&](std::size_t projection, std::size_t weight, float change) {
        Network other = network;
        other.projections[projection].weights[weight] += change;
        const auto trainer = make_cpu_trainer(other, {*m.train, m.seed, 1});
        trainer->load(data_for(m));
        return trainer->evaluate(first_samples(50), {.test_set = false}).loss;
    };
    const auto trainer = make_cpu_trainer(network, {*m.train, m.seed, 1});
    trainer->load(data_for(m));
    const double rate = 0.5;
    trainer->train(first_samples(50), 0, std::vector<double>{rate});
    const TrainerState after = trainer->state();
    for (const std::size_t projection : {0u, 1u}) {
        for (const std::size_t weight : {0u, 5u, 40u}) {
            const double found = (network.projections[projection].weights[weight] -
                                  after.weights[projection][weight]) /
                                 rate;
            const float h = 1e-2f;
            const double wanted =
                (loss_with(projection, weight, h) - loss_with(projection, weight, -h)) / (2.0 * h);
            EXPECT_NEAR(found, wanted, 2e-4 + 1e-2 * std::abs(wanted))
                << projection << " " << weight;
        }
    }
}

TEST(Regression, TheGradientIsThatOfTheLoss) {
    expect_gradient_of_loss(model(Tanh::Params{}, 3.0));
    expect_gradient_of_loss(by_step(model(Tanh::Params{}, 3.0)));
    expect_gradient_of_loss(binary(model(Tanh::Params{}, 3.0)));
}

TEST(Regression, LearnsSums) {
    for (const ModelSpec& m :
         {model(Vsn::Params{0.9, 0.1, Activation::relu, true}, 2.0), model(Tanh::Params{}, 0.0)}) {
        const auto trainer = make_cpu_trainer(network_of(m), {*m.train, m.seed, 2});
        trainer->load(sum_data());
        const double before = *trainer->evaluate(first_samples(50), {}).error;
        const std::vector<double> rates(6, 1e-2);
        for (std::uint32_t epoch = 0; epoch < 100; ++epoch)
            trainer->train(first_samples(192), epoch, rates);
        const double after = *trainer->evaluate(first_samples(50), {}).error;
        EXPECT_GT(before, 0.3);
        EXPECT_LT(after, 0.1);
    }
}

}  // namespace
}  // namespace snnsim
