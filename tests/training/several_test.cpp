// Networks with several inputs and several outputs: their gradient against differences of the loss,
// and the same bits on any backend and number of threads.
#include <gtest/gtest.h>

#include <cmath>

#include "src/training/trainer_on.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::CpuAsGpu;
using testing::first_samples;

constexpr std::int64_t samples = 24;

float wave(std::int64_t sample, std::int64_t input, float phase) {
    return 0.5f + 0.5f * std::sin(1.3f * static_cast<float>(sample) +
                                  2.1f * static_cast<float>(input) + phase);
}

/// Five numbers for the first input and four for the second; a class and two numbers.
SampleSet waves() {
    SampleSet set;
    set.count = samples;
    set.inputs = 5;
    set.form = SampleForm::values;
    InputSamples& other = set.more_inputs.emplace_back();
    other.inputs = 4;
    other.form = SampleForm::values;
    SampleTargets& numbers = set.more_targets.emplace_back();
    numbers.outputs = 2;
    for (std::int64_t k = 0; k < samples; ++k) {
        for (std::int64_t i = 0; i < 5; ++i) set.in.values.push_back(wave(k, i, 0.0f));
        for (std::int64_t i = 0; i < 4; ++i) other.in.values.push_back(wave(k, i, 0.7f));
        set.labels.push_back(static_cast<std::int32_t>(k % 3));
        for (std::int64_t i = 0; i < 2; ++i) numbers.y.push_back(wave(k, i, 0.3f) - 0.4f);
    }
    return set;
}

Dataset data() {
    Dataset out;
    out.train = out.test = waves();
    out.classes = 3;
    out.more_classes.push_back({0, {}});
    out.output_names = {"digit", "angle"};
    return out;
}

ProjectionSpec projection(const char* from, const char* to) {
    ProjectionSpec p;
    p.from = from;
    p.to = to;
    p.bias.given = true;
    return p;
}

ModelSpec model(const NeuronModels::Params& hidden, double duration) {
    ModelSpec m;
    m.name = "several";
    m.dt = 1.0;
    m.data.set = DataSet::file;
    m.data.encode = {Direct::Params{}, duration};
    m.data.inputs = {{"eye", "image", {}, {}}, {"ear", "sound", {}, {}}};
    m.data.outputs = {{"digit", "digit", {}, {}}, {"angle", "angle", {}, {}}};
    // The outputs stand between what they come from: their order of computation is another.
    m.populations = {{{"eye", 5, {}}, SpikeSource::Params{}},
                     {{"digit", 3, {}}, Linear::Params{}},
                     {{"hidden", 18, {}}, hidden},
                     {{"ear", 4, {}}, SpikeSource::Params{}},
                     {{"angle", 2, {}}, Linear::Params{}}};
    m.projections = {projection("eye", "hidden"), projection("ear", "hidden"),
                     projection("hidden", "digit"), projection("hidden", "angle"),
                     projection("ear", "angle")};
    m.train.emplace();
    m.train->batch = samples;
    m.train->optimizer = Sgd::Params{};
    m.train->losses = {{"digit", Loss::cross_entropy_mean, 1.0, {}, {}},
                       {"angle", Loss::mse_mean, 0.5, {}, {}}};
    return m;
}

Network network_of(const ModelSpec& m) {
    Network out = compile(m);
    out.shown = SampleForm::values;
    for (ShownInput& input : out.more_inputs) input.shown = SampleForm::values;
    return out;
}

template <class Backend>
TrainerOn<Backend> trainer_of(const ModelSpec& m, int threads) {
    return TrainerOn<Backend>(network_of(m), {*m.train, m.seed, threads});
}

TEST(SeveralInputsAndOutputs, InputsComeFirstAndOutputsAreThoseOfTheData) {
    const Network n = network_of(model(Tanh::Params{}, 0.0));
    EXPECT_EQ(n.populations[0].name, "eye");
    EXPECT_EQ(n.populations[1].name, "ear");
    ASSERT_EQ(n.input_count(), 2u);
    ASSERT_EQ(n.output_count(), 2u);
    EXPECT_EQ(n.populations[n.output(0)].name, "digit");
    EXPECT_EQ(n.populations[n.output(1)].name, "angle");
}

/// dL/dw of the weighted sum, by one update of rate 1, is (L(w + h) - L(w - h)) / 2h.
TEST(SeveralInputsAndOutputs, GradientIsThatOfTheSumOfTheirLosses) {
    for (const double duration : {0.0, 3.0}) {
        const ModelSpec m = model(Tanh::Params{}, duration);
        auto trainer = trainer_of<Cpu>(m, 2);
        trainer.load(data());
        const std::vector<std::uint32_t> all = first_samples(samples);
        const TrainerState start = trainer.state();
        const std::vector<StepResult> steps = trainer.train(all, 0, std::vector<double>{1.0});
        ASSERT_EQ(steps[0].outputs.size(), 2u);
        EXPECT_DOUBLE_EQ(steps[0].loss, steps[0].outputs[0].loss + 0.5 * steps[0].outputs[1].loss);
        EXPECT_EQ(steps[0].accuracy, steps[0].outputs[0].accuracy);
        const TrainerState after = trainer.state();
        const auto loss_with = [&](std::size_t p, std::size_t w, float h) {
            TrainerState changed = start;
            changed.weights[p][w] += h;
            trainer.set_state(changed);
            return trainer.evaluate(all, {.test_set = false}).loss;
        };
        for (std::size_t p = 0; p < start.weights.size(); ++p) {
            float largest = 0.0f;
            for (std::size_t w = 0; w < start.weights[p].size(); w += 3) {
                constexpr float h = 1e-2f;
                const float gradient = start.weights[p][w] - after.weights[p][w];
                EXPECT_NEAR(gradient, (loss_with(p, w, h) - loss_with(p, w, -h)) / (2.0 * h), 2e-4)
                    << m.projections[p].name() << " " << w;
                largest = std::max(largest, std::abs(gradient));
            }
            EXPECT_GT(largest, 5e-3f) << m.projections[p].name();
        }
    }
}

TEST(SeveralInputsAndOutputs, EvaluationTellsEachByName) {
    const ModelSpec m = model(Tanh::Params{}, 0.0);
    auto trainer = trainer_of<Cpu>(m, 1);
    trainer.load(data());
    const Evaluation e = trainer.evaluate(first_samples(samples), {});
    ASSERT_EQ(e.by_name.size(), 2u);
    EXPECT_EQ(e.samples(), static_cast<std::size_t>(samples));
    EXPECT_TRUE(e.labels.empty() && e.outputs.empty() && !e.error);
    const NamedResult &digit = e.by_name[0], &angle = e.by_name[1];
    EXPECT_EQ(digit.name, "digit");
    EXPECT_EQ(digit.classes, 3);
    EXPECT_EQ(digit.labels, waves().labels);
    EXPECT_EQ(e.accuracy, digit.accuracy);
    ASSERT_TRUE(angle.error);
    double squares = 0.0;
    const std::vector<float> y = waves().more_targets[0].y;
    for (std::size_t i = 0; i < y.size(); ++i)
        squares += std::pow(static_cast<double>(angle.outputs[i]) - y[i], 2);
    EXPECT_NEAR(angle.loss, squares / static_cast<double>(y.size()), 1e-6);
    EXPECT_DOUBLE_EQ(e.loss, digit.loss + 0.5 * angle.loss);
}

TEST(SeveralInputsAndOutputs, SameBitsOnAGpuAndAnyNumberOfThreads) {
    for (const NeuronModels::Params& hidden :
         {NeuronModels::Params{Lif::Params{}}, NeuronModels::Params{Tanh::Params{}}}) {
        ModelSpec m = model(hidden, 4.0);
        m.data.inputs[0].encode = {Poisson::Params{}, 0.0};
        m.train->batch = 8;
        const auto trained = [&]<class Backend>(int threads) {
            auto trainer = trainer_of<Backend>(m, threads);
            trainer.load(data());
            trainer.train(first_samples(samples), 0, std::vector<double>(3, 0.1));
            return trainer.state().weights;
        };
        const auto one = trained.template operator()<Cpu>(1);
        EXPECT_EQ(one, trained.template operator()<Cpu>(3));
        EXPECT_EQ(one, trained.template operator()<CpuAsGpu>(2));
        EXPECT_NE(one, trainer_of<Cpu>(m, 1).state().weights);
    }
}

/// The loss of weight 0 leaves its own weights, and all others get what they get without it.
TEST(SeveralInputsAndOutputs, ALossOfWeight0IsNone) {
    ModelSpec m = model(Lif::Params{}, 4.0);
    m.train->losses[1].weight = 0.0;
    m.projections.pop_back();
    ModelSpec alone = m;
    alone.data.outputs.pop_back();
    alone.train->losses.pop_back();
    alone.populations.pop_back();
    alone.projections.pop_back();
    const auto trained = [&](const ModelSpec& of, const Dataset& shown) {
        auto trainer = trainer_of<Cpu>(of, 1);
        trainer.load(shown);
        trainer.train(first_samples(samples), 0, std::vector<double>{0.5});
        return trainer.state().weights;
    };
    Dataset one = data();
    one.output_names.pop_back();
    const auto both = trained(m, data()), first = trained(alone, one);
    ASSERT_EQ(both.size(), 4u);
    for (std::size_t p = 0; p < first.size(); ++p) EXPECT_EQ(both[p], first[p]) << p;
    EXPECT_EQ(both[3], network_of(m).projections[3].weights);
    EXPECT_NE(first[0], network_of(alone).projections[0].weights);
}

}  // namespace
}  // namespace snnsim
