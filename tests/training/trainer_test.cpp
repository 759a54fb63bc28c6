// The trainer learns, and gives the same bits however the work is cut up.
#include <gtest/gtest.h>

#include "snnsim/error.hpp"
#include "src/data/encode_samples.hpp"
#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::bar_data;
using testing::CpuAsGpu;
using testing::small_model;
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
    models.push_back(small_model(Lif::Params{}, true));
    models.push_back(small_model(AdaptiveLif::Params{}, true));
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
    return models;
}

TEST(Trainer, SameBitsOnAnyNumberOfThreads) {
    for (const ModelSpec& m : all_forms()) {
        const TrainerState one = trained_on<Cpu>(m, 1);
        for (const int threads : {2, 3, 7}) expect_same(one, trained_on<Cpu>(m, threads));
    }
}

TEST(Trainer, SameBitsOneColumnAtATimeAsInPanels) {
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
    for (const ModelSpec& m : {small_model(), small_model(Lif::Params{}, true)}) {
        const auto whole = make_cpu_trainer(compile(m), options_of(m));
        const auto first = make_cpu_trainer(compile(m), options_of(m));
        const auto second = make_cpu_trainer(compile(m), options_of(m));
        for (Trainer* t : {whole.get(), first.get(), second.get()}) t->load(bar_data());
        train_some(*whole, m, 2, 0);
        second->set_state(train_some(*first, m, 2, 0));
        expect_same(train_some(*whole, m, 3, 1), train_some(*second, m, 3, 1));
    }
}

TEST(Trainer, LearnsBars) {
    for (const bool recurrent : {false, true}) {
        const ModelSpec m = small_model(Lif::Params{}, recurrent);
        const auto trainer = make_cpu_trainer(compile(m), options_of(m));
        trainer->load(bar_data());
        for (std::uint32_t epoch = 0; epoch < 10; ++epoch) train_some(*trainer, m, 8, epoch);
        EXPECT_GE(trainer->evaluate(testing::first_samples(100), {}).accuracy, 0.95);
    }
}

TEST(Trainer, EvaluationDoesNotDependOnTheBatch) {
    ModelSpec m = small_model();
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
    EXPECT_EQ(a.operations[1].acs, b.operations[1].acs);
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
    EXPECT_EQ(e.operations[0].acs, e.spikes[0].neuron.size() * 37);
    EXPECT_EQ(e.operations[0].dense, 784u * 37 * 10 * 20);
    EXPECT_EQ(e.operations[1].acs, to_output);
    EXPECT_EQ(e.operations[2].acs, to_itself);
    EXPECT_EQ(e.operations[1].macs, 0u);
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
