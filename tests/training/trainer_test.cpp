// The trainer learns, and gives the same bits however the work is cut up.
#include <gtest/gtest.h>

#include "snnsim/error.hpp"
#include "src/data/encode_samples.hpp"
#include "src/training/loop.hpp"
#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::bar_data;
using testing::CpuAsGpu;
using testing::loop_model;
using testing::small_model;
using testing::split_of;
using testing::train_some;

TrainerOptions options_of(const ModelSpec& m, int threads = 2) {
    return {*m.train, m.seed, threads};
}

template <class Backend>
TrainerState trained_on(const ModelSpec& m, int threads, std::size_t updates = 3) {
    TrainerOn<Backend> trainer(compile(m), options_of(m, threads));
    trainer.load(bar_data());
    return train_some(trainer, m, updates);
}

void expect_same(const TrainerState& a, const TrainerState& b) {
    EXPECT_EQ(a.weights, b.weights);
    EXPECT_EQ(a.bias, b.bias);
    EXPECT_EQ(a.moments, b.moments);
    EXPECT_EQ(a.updates, b.updates);
}

std::vector<ModelSpec> all_forms() {
    std::vector<ModelSpec> models;
    for (const NeuronModels::Params& hidden :
         {NeuronModels::Params{Lif::Params{}}, NeuronModels::Params{CubaLif::Params{}},
          NeuronModels::Params{AdaptiveLif::Params{}}, NeuronModels::Params{Relu::Params{}}}) {
        models.push_back(small_model(hidden));
    }
    models.push_back(small_model(Vsn::Params{0.9, 0.3, Activation::tanh, false}));
    models.back().train->rate_penalty = {{"hidden", 0.0, 0.1, 0.5}};
    models.push_back(small_model(Relu::Params{}));  // a single step: the bodies of single_step.hpp
    models.back().data.encode = {Direct::Params{}, 0.0};
    models.back().populations[1].size = 101;
    models.push_back(small_model());
    models.back().projections[0].connect = {.rule = Rule::fixed_in_degree, .n = 50};
    models.push_back(small_model(Lif::Params{}, true));
    models.push_back(small_model(AdaptiveLif::Params{}, true));
    models.push_back(loop_model());
    models.push_back(loop_model(Tanh::Params{}));
    for (const double longer : {1.0, 3.0}) {  // of all projections, forward ones included
        models.push_back(loop_model());
        for (ProjectionSpec& p : models.back().projections) p.delay = longer;
    }
    models.push_back(small_model());
    models.back().projections[1].delay = 4.0;
    models.push_back(loop_model(Vsn::Params{0.9, 0.3, Activation::tanh, false}));
    models.back().train->rate_penalty = {{"inhibitory", 0.05, 0.06, 0.5}};
    models.push_back(small_model());
    models.back().data.encode.scheme =
        Poisson::Params{100.0};  // few spikes: the other way of summing
    models.push_back(small_model());
    models.back().data.encode.scheme = Phase::Params{};
    models.push_back(small_model());
    models.back().data.encode = {Poisson::Params{200.0}, 70.0};  // more than two words of steps
    models.push_back(small_model());
    models.back().train->clip_norm = 0.1;
    models.back().train->rate_penalty = {{"hidden", 0.05, 0.06, 0.5}};
    models.back().train->optimizer = Sgd::Params{0.1, 0.9, 1e-4};
    models.push_back(small_model());
    models.back().train->loss = Loss::cross_entropy_max;
    models.back().train->optimizer = AdamW::Params{};
    for (const bool weights : {false, true}) {  // one of the two learns
        models.push_back(small_model());
        models.back().projections[0].trainable = weights;
        models.back().projections[0].bias.trainable = !weights;
        models.back().train->clip_norm = 0.1;
        models.back().train->optimizer = AdamW::Params{};
    }
    return models;
}

TEST(Trainer, SameBitsOnAnyNumberOfThreads) {
    for (const ModelSpec& m : all_forms()) {
        const TrainerState one = trained_on<Cpu>(m, 1);
        for (const int threads : {2, 3, 7}) expect_same(one, trained_on<Cpu>(m, threads));
    }
}

TEST(Trainer, SameBitsInFewColumnsAsInPanels) {
    for (const ModelSpec& m : all_forms())
        expect_same(trained_on<Cpu>(m, 2), trained_on<CpuAsGpu>(m, 2));
}

TEST(Trainer, SameBitsOnCuda) {
    if (const std::string reason = why_no_cuda(); !reason.empty())
        GTEST_SKIP() << "no CUDA device: " << reason;
    for (const ModelSpec& m : all_forms()) {
        const auto cuda = make_cuda_trainer(compile(m), options_of(m));
        cuda->load(bar_data());
        expect_same(trained_on<Cpu>(m, 2), train_some(*cuda, m, 3));
    }
}

TEST(Trainer, GoesOnFromItsStateWithTheSameBits) {
    for (const ModelSpec& m :
         {small_model(), small_model(Lif::Params{}, true), loop_model(CubaLif::Params{})}) {
        const auto whole = make_cpu_trainer(compile(m), options_of(m));
        const auto first = make_cpu_trainer(compile(m), options_of(m));
        const auto second = make_cpu_trainer(compile(m), options_of(m));
        for (Trainer* t : {whole.get(), first.get(), second.get()}) t->load(bar_data());
        train_some(*whole, m, 2, 0);
        second->set_state(train_some(*first, m, 2, 0));
        expect_same(train_some(*whole, m, 3, 1), train_some(*second, m, 3, 1));
    }
}

template <class Backend>
void expect_same_after_a_stop() {
    ModelSpec m = small_model();
    m.train->epochs = 2;
    m.train->validation = 0.25;
    m.test.emplace();
    m.test->every = 1;
    m.test->batch = 32;
    const auto make = [&] {
        auto trainer = std::make_unique<TrainerOn<Backend>>(compile(m), options_of(m));
        trainer->load(bar_data());
        return trainer;
    };
    LoopHooks hooks;
    hooks.test_samples = 50;
    Checkpoint a;
    Curves ca;
    const auto whole = make();
    train_loop(m, split_of(m, 256), *whole, a, ca, hooks);

    int stops = 0;
    for (;; ++stops) {
        Checkpoint b;
        Curves cb;
        auto trainer = make();
        LoopHooks stopping = hooks;
        int asked = 0;
        stopping.stop_requested = [&] {  // in evaluations, which come after all six batches
            return b.batch_in_epoch == 6 && asked++ == stops;
        };
        if (train_loop(m, split_of(m, 256), *trainer, b, cb, stopping) == LoopEnd::finished) break;
        EXPECT_EQ(b.batch_in_epoch, 6);
        const TrainerState state = trainer->state();
        trainer = make();
        trainer->set_state(state);
        EXPECT_EQ(train_loop(m, split_of(m, 256), *trainer, b, cb, hooks), LoopEnd::finished);
        expect_same(whole->state(), trainer->state());
        EXPECT_EQ(ca.epoch_validation_loss, cb.epoch_validation_loss);
        EXPECT_EQ(ca.test_accuracy, cb.test_accuracy);
    }
    EXPECT_EQ(stops, 2 * (2 + 2));  // epochs, batches of 64 and of 50 samples
}

TEST(Trainer, AStopInAnEvaluationLeavesTheSameBits) {
    expect_same_after_a_stop<Cpu>();
    expect_same_after_a_stop<CpuAsGpu>();
}

TEST(Trainer, CalibrationStopsBetweenBatches) {
    const ModelSpec m = small_model(Relu::Params{});
    const auto trainer = make_cpu_trainer(compile(m), options_of(m));
    trainer->load(bar_data());
    int asked = 0;
    trainer->quantize({8, QuantizeScale::target, true}, testing::first_samples(200),
                      [&] { return ++asked == 3; });
    EXPECT_EQ(asked, 3);
}

TEST(Trainer, LearnsBars) {
    for (const ModelSpec& m : {small_model(), small_model(Lif::Params{}, true), loop_model()}) {
        const auto trainer = make_cpu_trainer(compile(m), options_of(m));
        trainer->load(bar_data());
        for (std::uint32_t epoch = 0; epoch < 10; ++epoch) train_some(*trainer, m, 8, epoch);
        EXPECT_GE(trainer->evaluate(testing::first_samples(100), {}).accuracy, 0.95);
    }
}

void expect_no_difference_between_batches(ModelSpec m) {
    m.train->batch = 100;
    const auto trainer = make_cpu_trainer(compile(m), options_of(m));
    trainer->load(bar_data());
    const Trainer::EvaluateOptions record{
        .test_set = true,
        .batch = 100,
        .record = {{"hidden", RecordWhat::spikes, 40, {}}, {"output", RecordWhat::v, 40, {}}}};
    Trainer::EvaluateOptions small = record;
    small.batch = 7;
    const Evaluation a = trainer->evaluate(testing::first_samples(100), record);
    const Evaluation b = trainer->evaluate(testing::first_samples(100), small);
    EXPECT_EQ(a.predictions, b.predictions);
    EXPECT_EQ(a.spikes[0].neuron, b.spikes[0].neuron);
    EXPECT_EQ(a.spikes[0].step, b.spikes[0].step);
    EXPECT_EQ(a.states[0].values, b.states[0].values);
    EXPECT_EQ(a.states[0].values.size(), 40u * 10 * 10);
    EXPECT_EQ(a.counts.forward[1].acs, b.counts.forward[1].acs);
}

TEST(Trainer, EvaluationDoesNotDependOnTheBatch) {
    expect_no_difference_between_batches(small_model());
    expect_no_difference_between_batches(loop_model());
}

// Counts of the kernels against a count from the recorded spikes and the weights.
TEST(Trainer, CountsOperationsOfRecordedSpikes) {
    ModelSpec m = small_model(Lif::Params{}, true);
    Network network = compile(m);
    network.projections[1].weights[5 * 10 + 3] = 0.0f;  // a pruned synapse costs nothing
    const auto trainer = make_cpu_trainer(network, options_of(m));
    trainer->load(bar_data());
    const Evaluation e = trainer->evaluate(testing::first_samples(20),
                                           {.test_set = true,
                                            .batch = 250,
                                            .record = {{"input", RecordWhat::spikes, 20, {}},
                                                       {"hidden", RecordWhat::spikes, 20, {}}}});
    std::uint64_t to_output = 0, to_itself = 0;
    for (std::size_t i = 0; i < e.spikes[1].neuron.size(); ++i) {
        to_output += e.spikes[1].neuron[i] == 5 ? 9 : 10;
        to_itself += e.spikes[1].step[i] < 10 ? 37 : 0;  // a spike of the last step never arrives
    }
    ASSERT_GT(to_output, 0u);
    EXPECT_EQ(e.counts.forward[0].acs, e.spikes[0].neuron.size() * 37);
    EXPECT_EQ(e.counts.forward[0].dense, 784u * 37 * 10 * 20);
    EXPECT_EQ(e.counts.forward[1].acs, to_output);
    EXPECT_EQ(e.counts.forward[2].acs, to_itself);
    EXPECT_EQ(e.counts.forward[1].macs, 0u);
}

TEST(Trainer, CountsWhatArrivesInTimeOfEachDelay) {
    Network network = compile(loop_model());
    // input to hidden, hidden to output and itself and I, I to itself and hidden
    const std::size_t delays[] = {2, 3, 1, 0, 4, 12};
    for (std::size_t k = 0; k < 6; ++k) network.projections[k].delay = delays[k];
    const auto trainer = make_cpu_trainer(network, options_of(loop_model()));
    trainer->load(bar_data());
    const Evaluation e = trainer->evaluate(
        testing::first_samples(20), {.test_set = true,
                                     .batch = 250,
                                     .record = {{"input", RecordWhat::spikes, 20, {}},
                                                {"hidden", RecordWhat::spikes, 20, {}},
                                                {"inhibitory", RecordWhat::spikes, 20, {}}}});
    const std::size_t from[] = {0, 1, 1, 1, 2, 2}, sizes[] = {784, 37, 19},
                      targets[] = {37, 10, 37, 19, 19, 37};
    for (std::size_t k = 0; k < 6; ++k) {
        std::uint64_t arrived = 0;
        for (const std::uint32_t step : e.spikes[from[k]].step)
            arrived += step + delays[k] <= 10 ? 1 : 0;
        const std::uint64_t steps = delays[k] < 10 ? 10 - delays[k] : 0;
        const ProjectionOperations& counted = e.counts.forward[k];
        EXPECT_EQ(arrived > 0, k != 5) << k;
        EXPECT_EQ(counted.events, arrived) << k;
        EXPECT_EQ(counted.acs, arrived * targets[k]) << k;
        EXPECT_EQ(counted.inputs, sizes[from[k]] * steps * 20) << k;
        EXPECT_EQ(counted.dense, sizes[from[k]] * targets[k] * steps * 20) << k;
        const bool bias = !network.projections[k].bias.empty();
        EXPECT_EQ(counted.biases, bias ? targets[k] * 10 * 20 : 0) << k;
    }
}

TEST(Trainer, SeesTheSpikesThatEncodeSamplesGives) {
    ModelSpec m = small_model();
    for (const Encoders::Params& scheme :
         {Encoders::Params{Poisson::Params{300.0}}, Encoders::Params{Latency::Params{}},
          Encoders::Params{RankOrder::Params{}}, Encoders::Params{Phase::Params{}},
          Encoders::Params{Burst::Params{}}, Encoders::Params{Delta::Params{}},
          Encoders::Params{Regular::Params{}}, Encoders::Params{Direct::Params{}}}) {
        m.data.encode.scheme = scheme;
        const auto trainer = make_cpu_trainer(compile(m), options_of(m));
        const Dataset data = bar_data();
        trainer->load(data);
        const Evaluation e = trainer->evaluate(
            testing::first_samples(5),
            {.test_set = true, .batch = 250, .record = {{"input", RecordWhat::spikes, 5, {}}}});
        const SpikeRecording wanted = encode_samples(m, data.test, true, 0, 5);
        EXPECT_EQ(e.spikes[0].neuron, wanted.neuron) << Encoders::name_of(scheme);
        EXPECT_EQ(e.spikes[0].step, wanted.step) << Encoders::name_of(scheme);
        EXPECT_GT(wanted.neuron.size(), 0u);
    }
}

TEST(Trainer, FrozenWeightsStay) {
    ModelSpec m = small_model();
    m.projections[0].trainable = false;
    const Network network = compile(m);
    const auto trainer = make_cpu_trainer(network, options_of(m));
    trainer->load(bar_data());
    const TrainerState after = train_some(*trainer, m, 3);
    EXPECT_EQ(after.weights[0], network.projections[0].weights);
    EXPECT_NE(after.weights[1], network.projections[1].weights);
}

TEST(Trainer, BiasesAreFrozenApartFromWeights) {
    for (const bool weights : {false, true}) {
        ModelSpec m = small_model();
        m.projections[0].trainable = weights;
        m.projections[0].bias.trainable = !weights;
        m.train->optimizer = AdamW::Params{};  // whose decay needs no gradient
        const Network network = compile(m);
        const auto trainer = make_cpu_trainer(network, options_of(m));
        trainer->load(bar_data());
        const TrainerState after = train_some(*trainer, m, 3);
        EXPECT_EQ(after.weights[0] == network.projections[0].weights, !weights);
        EXPECT_EQ(after.bias[0] == network.projections[0].bias, weights);
        EXPECT_NE(after.weights[1], network.projections[1].weights);
        EXPECT_EQ(after.counts.backward[0].updates, 3u * (weights ? 784 * 37 : 37));
        EXPECT_EQ(after.counts.backward[0].acs > 0, weights);
    }
}

TEST(Trainer, LoadedWeightsTakeThePlaceOfDrawnOnes) {
    ModelSpec m = small_model();
    FileWeights weights;
    weights.dense.assign(784 * 37, 0.5f);
    weights.mask.assign(784 * 37, 1);
    weights.mask[3] = 0;
    FileWeights biases;
    biases.dense.assign(37, 0.25f);
    m.projections[0].weight.loaded = std::make_shared<const FileWeights>(weights);
    m.projections[0].bias.loaded = std::make_shared<const FileWeights>(biases);
    const Network network = compile(m), drawn = compile(small_model());
    EXPECT_EQ(network.projections[0].weights[3], 0.0f);
    EXPECT_EQ(network.projections[0].weights[4], 0.5f);
    EXPECT_EQ(network.projections[0].connected, weights.mask);
    EXPECT_EQ(network.projections[0].bias, biases.dense);
    EXPECT_EQ(network.projections[1].weights, drawn.projections[1].weights);
    m.projections[1].weight.file = "w.npz";  // nobody has read it
    EXPECT_THROW(compile(m), InternalError);
}

TEST(Trainer, WhatIsNotConnectedStaysZero) {
    ModelSpec m = small_model();
    m.projections[0].connect = {.rule = Rule::fixed_probability, .p = 0.1};
    const Network network = compile(m);
    const std::size_t there = network.projections[0].synapses->count();
    EXPECT_NEAR(static_cast<double>(there) / (784.0 * 37), 0.1, 0.01);
    const auto trainer = make_cpu_trainer(network, options_of(m));
    trainer->load(bar_data());
    const TrainerState after = train_some(*trainer, m, 3);
    EXPECT_EQ(after.weights[0].size(), there);
    EXPECT_EQ(std::count(after.weights[0].begin(), after.weights[0].end(), 0.0f), 0);
    EXPECT_EQ(after.counts.samples, 96u);
    EXPECT_EQ(after.counts.forward[0].dense, static_cast<std::uint64_t>(there) * 10 * 96);
    EXPECT_EQ(after.counts.backward[0].acs, after.counts.forward[0].acs);
    EXPECT_EQ(after.counts.backward[0].updates, 3u * (static_cast<std::uint64_t>(there) + 37));
    EXPECT_EQ(after.counts.backward[1].macs, 37u * 10 * 10 * 96);
}

TEST(Trainer, BlocksGiveEachTargetItsOwnSources) {
    ModelSpec m = small_model(Relu::Params{});
    m.data.encode = {Direct::Params{}, 0.0};
    m.populations[1].size = 20;
    m.projections[1].connect = {.rule = Rule::blocks};
    m.projections[1].trainable = false;
    const Network network = compile(m);
    for (std::size_t i = 0; i < 20; ++i)
        EXPECT_EQ(network.projections[1].synapses->target[i], i / 2) << i;
    const auto trainer = make_cpu_trainer(network, options_of(m));
    trainer->load(bar_data());
    const TrainerState after = train_some(*trainer, m, 2);
    EXPECT_EQ(after.weights[1], network.projections[1].weights);
    EXPECT_EQ(after.bias[1], network.projections[1].bias);
    EXPECT_EQ(after.counts.forward[1].dense, 20u * 64);
}

TEST(Trainer, PrunedWeightsStayZeroAndAResumeKeepsThem) {
    const ModelSpec m = small_model();
    const auto whole = make_cpu_trainer(compile(m), options_of(m));
    const auto second = make_cpu_trainer(compile(m), options_of(m));
    for (Trainer* t : {whole.get(), second.get()}) t->load(bar_data());
    train_some(*whole, m, 2);
    whole->prune(0.9);
    second->set_state(whole->state());
    const TrainerState after = train_some(*whole, m, 2, 1);
    for (const std::vector<float>& w : after.weights) {
        const auto zeros = static_cast<double>(std::count(w.begin(), w.end(), 0.0f));
        EXPECT_NEAR(zeros / static_cast<double>(w.size()), 0.9, 0.002);
    }
    expect_same(after, train_some(*second, m, 2, 1));
    EXPECT_EQ(second->state().counts.forward[0].acs, after.counts.forward[0].acs);
    EXPECT_LT(after.counts.backward[0].acs, after.counts.backward[0].dense / 10);
}

TEST(Trainer, QuantizedWeightsLieOnTheirGrid) {
    ModelSpec m = small_model(Relu::Params{});
    m.data.encode = {Direct::Params{}, 0.0};
    const auto trainer = make_cpu_trainer(compile(m), options_of(m));
    trainer->load(bar_data());
    for (std::uint32_t epoch = 0; epoch < 5; ++epoch) train_some(*trainer, m, 8, epoch);
    const TrainerState before = trainer->state();
    const double accuracy = trainer->evaluate(testing::first_samples(100), {}).accuracy;
    trainer->quantize({8, QuantizeScale::target, true}, testing::first_samples(50), {});
    const TrainerState after = trainer->state();
    EXPECT_EQ(before.bias, after.bias);
    for (std::size_t j = 0; j < 37; ++j) {
        float most = 0.0f;
        for (std::size_t i = 0; i < 784; ++i)
            most = std::max(most, std::abs(before.weights[0][i * 37 + j]));
        const float step = most / 127.0f;
        for (std::size_t i = 0; i < 784; ++i) {
            const float w = after.weights[0][i * 37 + j];
            ASSERT_NEAR(w, before.weights[0][i * 37 + j], 0.501f * step);
            ASSERT_NEAR(w / step, std::nearbyint(w / step), 1e-4f);
        }
    }
    EXPECT_NEAR(trainer->evaluate(testing::first_samples(100), {}).accuracy, accuracy, 0.03);
    trainer->quantize({2, QuantizeScale::projection, true}, testing::first_samples(50), {});
    EXPECT_NE(trainer->state().weights, after.weights);
}

TEST(Prune, TheShareGrowsWithTheCubeOfTheTimeLeft) {
    PruneSpec spec;
    spec.sparsity = 0.8;
    spec.from = 2;
    spec.to = 3;
    EXPECT_EQ(sparsity_after(spec, 1), 0.0);
    EXPECT_DOUBLE_EQ(sparsity_after(spec, 2), 0.8 * (1.0 - 0.125));
    EXPECT_DOUBLE_EQ(sparsity_after(spec, 3), 0.8);
    EXPECT_EQ(sparsity_after(spec, 4), 0.0);
    EXPECT_EQ(prune_mask({0.5f, -0.1f, 0.2f, 0.1f}, {}, 0.5),
              (std::vector<std::uint8_t>{1, 0, 1, 0}));
    EXPECT_EQ(prune_mask({0.5f, -0.1f, 0.2f, 0.1f}, {1, 1, 1, 0}, 2.0 / 3.0),
              (std::vector<std::uint8_t>{1, 0, 0, 0}));
}

// Against the formula in double: w = round(w / s) s, s = max|w| / (2^(bits - 1) - 1).
TEST(Quantize, AtItsEdges) {
    const std::vector<std::vector<float>> all{
        {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f},     {0.7f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f},
        {0.1f, 0.3f, 0.5f, 0.02f, 0.9f, 0.051f},  {-0.1f, -0.3f, -0.5f, -0.02f, -0.9f, -0.051f},
        {-1.0f, 1.0f, 1e-6f, 0.4f, 0.6f, -3e-8f}, {1e30f, 1e-30f, 0.0f, -1e30f, 2.0f, -2.0f}};
    for (const std::vector<float>& weights : all) {
        for (const std::int64_t bits : {2, 3, 8, 16}) {
            for (const std::size_t targets : {1u, 2u, 6u}) {
                for (const auto scale : {QuantizeScale::projection, QuantizeScale::target}) {
                    std::vector<float> rounded = weights;
                    quantize_weights({bits, scale, false}, targets, nullptr, rounded);
                    std::vector<float> listed = weights;  // of synapses
                    std::vector<std::uint32_t> target;
                    for (std::size_t k = 0; k < 6; ++k)
                        target.push_back(static_cast<std::uint32_t>(k % targets));
                    quantize_weights({bits, scale, false}, targets, &target, listed);
                    EXPECT_EQ(listed, rounded);
                    for (std::size_t k = 0; k < 6; ++k) {
                        double most = 0.0;
                        for (std::size_t j = 0; j < 6; ++j) {
                            if (scale == QuantizeScale::projection || j % targets == k % targets)
                                most = std::max(most, std::abs(static_cast<double>(weights[j])));
                        }
                        const double s = most / static_cast<double>((1 << (bits - 1)) - 1);
                        const double w = weights[k], wanted = s > 0.0 ? std::round(w / s) * s : w;
                        EXPECT_NEAR(rounded[k], wanted, 1e-6 * most)
                            << bits << " bits, weight " << w;
                        EXPECT_GE(rounded[k] * w, 0.0) << "changes its sign";
                    }
                }
            }
        }
    }
    std::vector<float> one{-0.37f};
    for (std::int64_t bits = 2; bits <= 16; ++bits) {
        quantize_weights({bits, QuantizeScale::target, true}, 1, nullptr, one);
        EXPECT_NEAR(one[0], -0.37f, 1e-6f) << bits;
    }
}

TEST(Quantize, SilentPopulationsAndZeroWeightsStayFinite) {
    ModelSpec m = small_model(Relu::Params{});
    m.data.encode = {Direct::Params{}, 0.0};
    Network network = compile(m);
    for (Projection& p : network.projections) {
        p.weights.assign(p.weights.size(), 0.0f);
        p.bias.assign(p.bias.size(), 0.0f);
    }
    for (const std::int64_t bits : {2, 16}) {
        const auto trainer = make_cpu_trainer(network, options_of(m));
        trainer->load(bar_data());
        const Evaluation before = trainer->evaluate(testing::first_samples(20), {});
        trainer->quantize({bits, QuantizeScale::target, true}, testing::first_samples(20), {});
        EXPECT_EQ(trainer->state().weights[0], network.projections[0].weights);
        const Evaluation after = trainer->evaluate(testing::first_samples(20), {});
        EXPECT_EQ(after.predictions, before.predictions);
        EXPECT_NEAR(after.loss, std::log(10.0), 1e-6);  // all classes are as likely
    }
}

std::string pruning_error(ModelSpec m, double sparsity) {
    m.train->prune = PruneSpec{sparsity, 1, 1, {}};
    try {
        compile(m);
    } catch (const ModelError& e) {
        return e.what();
    }
    return "";
}

TEST(Prune, LeavesAWeightOrIsRefused) {
    ModelSpec m = small_model();
    m.populations[1].size = 1;  // 784 weights, and 10
    EXPECT_EQ(pruning_error(m, 0.94), "");
    EXPECT_NE(pruning_error(m, 0.95).find(
                  "sparsity 0.95 leaves none of the weights of hidden_to_output (10); write at "
                  "most 0.90"),
              std::string::npos)
        << pruning_error(m, 0.95);
    m.projections[1].trainable = false;
    EXPECT_EQ(pruning_error(m, 0.95), "");
    EXPECT_NE(pruning_error(m, 0.9999).find("(784); write at most 0.998"), std::string::npos);
    m.projections[0].connect = {.rule = Rule::fixed_in_degree, .n = 1};
    EXPECT_NE(pruning_error(m, 0.5).find("(1); leave prune out"), std::string::npos);
    // What the advice says is enough, whatever the number of weights.
    for (std::int64_t n = 2; n < 784; ++n) {
        m.projections[0].connect = {.rule = Rule::fixed_in_degree, .n = n};
        const std::string told = pruning_error(m, 0.99999);
        const std::string advice = told.substr(told.rfind(' ') + 1);
        EXPECT_EQ(pruning_error(m, std::stod(advice)), "") << n << ": " << told;
    }
}

TEST(Trainer, CudaWithoutADeviceIsAClearError) {
    if (why_no_cuda().empty()) GTEST_SKIP() << "there is a CUDA device";
    const ModelSpec m = small_model();
    try {
        make_trainer(Device::cuda, compile(m), options_of(m));
        FAIL();
    } catch (const DeviceError& e) {
        EXPECT_NE(std::string(e.what()).find("--backend cpu"), std::string::npos);
    }
}

}  // namespace
}  // namespace snnsim
