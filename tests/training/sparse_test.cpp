// Projections that are stored synapse by synapse train to the bit as full matrices with masks do.
#include <gtest/gtest.h>

#include <numeric>

#include "snnsim/read_model.hpp"
#include "src/network/connections.hpp"
#include "src/network/stored_weights.hpp"
#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::bar_data;
using testing::CpuAsGpu;
using testing::first_samples;
using testing::loop_model;
using testing::small_model;
using testing::train_some;

/// The same network with full matrices.
Network with_matrices(Network network) {
    for (Projection& p : network.projections) {
        if (!p.synapses) continue;
        const auto targets = static_cast<std::size_t>(network.populations[p.to].size);
        const ConnectedPairs synapses = *std::exchange(p.synapses, std::nullopt);
        const std::vector<float> weights = std::move(p.weights);
        p.connected = mask_of(synapses, targets);
        p.weights.assign(p.connected.size(), 0.0f);
        synapses.for_each([&](std::size_t i, std::size_t s) {
            p.weights[i * targets + synapses.target[s]] = weights[s];
        });
    }
    return network;
}

/// What matrices, each with its biases behind it, have where there are synapses.
template <class T>
std::vector<T> of_synapses(const Network& sparse, std::size_t k, const std::vector<T>& matrix) {
    const Projection& p = sparse.projections[k];
    if (!p.synapses || matrix.empty()) return matrix;
    const auto targets = static_cast<std::size_t>(sparse.populations[p.to].size);
    const std::size_t pairs = p.synapses->sources() * targets, all = pairs + p.bias.size();
    std::vector<T> out;
    for (std::size_t first = 0; first < matrix.size(); first += all) {
        p.synapses->for_each([&](std::size_t i, std::size_t s) {
            out.push_back(matrix[first + i * targets + p.synapses->target[s]]);
        });
        for (std::size_t j = pairs; j < all; ++j) out.push_back(matrix[first + j]);
    }
    return out;
}

template <class Backend>
struct Trained {
    TrainerState state;
    Evaluation test;

    Trained(const ModelSpec& m, const Network& network, int threads) {
        TrainerOn<Backend> trainer(network, {*m.train, m.seed, threads});
        trainer.load(bar_data(96, 40));
        state = train_some(trainer, m, 2);
        if (m.train->prune) {
            trainer.prune(m.train->prune->sparsity);
            state = train_some(trainer, m, 1, 1);
        }
        if (m.test && m.test->quantize)
            trainer.quantize(*m.test->quantize, first_samples(20), [] { return false; });
        if (m.test && m.test->arithmetic == Arithmetic::fixed)
            trainer.fix(std::vector<double>(network.populations.size(), 4096.0));
        test = trainer.evaluate(first_samples(40), {.batch = 24});
    }
};

template <class Backend>
void expect_same(const ModelSpec& m, const Trained<Cpu>& wanted, int threads,
                 const std::string& what) {
    const Network network = compile(m);
    const Trained<Backend> found(m, network, threads);
    for (std::size_t k = 0; k < network.projections.size(); ++k) {
        const std::string of = what + ": " + network.projections[k].name;
        std::vector<float> weights = wanted.state.weights[k];  // and biases
        weights.insert(weights.end(), wanted.state.bias[k].begin(), wanted.state.bias[k].end());
        weights = of_synapses(network, k, weights);
        weights.resize(network.projections[k].weights.size());
        EXPECT_EQ(found.state.weights[k], weights) << of;
        EXPECT_EQ(found.state.bias[k], wanted.state.bias[k]) << of;
        EXPECT_EQ(found.state.moments[k], of_synapses(network, k, wanted.state.moments[k])) << of;
        if (m.train->prune && network.projections[k].weights_learn()) {
            const Projection& p = network.projections[k];
            std::vector<std::uint8_t> mask = wanted.state.masks[k];
            mask.resize(mask.size() + p.bias.size());
            mask = of_synapses(network, k, mask);
            mask.resize(p.weights.size());
            EXPECT_EQ(found.state.masks[k], mask) << of;
        }
        const PhaseCounts &a = found.test.counts, &b = wanted.test.counts;
        EXPECT_EQ(a.forward[k].dense, b.forward[k].dense) << of;
        EXPECT_EQ(a.forward[k].acs, b.forward[k].acs) << of;
        EXPECT_EQ(a.forward[k].macs, b.forward[k].macs) << of;
        const PhaseCounts &c = found.state.counts, &d = wanted.state.counts;
        EXPECT_EQ(c.backward[k].dense, d.backward[k].dense) << of;
        EXPECT_EQ(c.backward[k].macs, d.backward[k].macs) << of;
        EXPECT_EQ(c.backward[k].acs, d.backward[k].acs) << of;
        EXPECT_EQ(c.backward[k].updates, d.backward[k].updates) << of;
    }
    EXPECT_EQ(found.test.loss, wanted.test.loss) << what;
    EXPECT_EQ(found.test.predictions, wanted.test.predictions) << what;
}

void expect_same_as_matrices(const ModelSpec& m, const std::string& what) {
    const Network network = compile(m);
    ASSERT_TRUE(std::any_of(network.projections.begin(), network.projections.end(),
                            [](const Projection& p) { return p.synapses.has_value(); }));
    const Network matrices = with_matrices(network);
    const Trained<Cpu> wanted(m, matrices, 2);
    bool learned = false;
    for (std::size_t k = 0; k < network.projections.size(); ++k)
        learned = learned || wanted.state.weights[k] != matrices.projections[k].weights;
    ASSERT_TRUE(learned) << what;
    for (const int threads : {1, 2, 3}) expect_same<Cpu>(m, wanted, threads, what);
    expect_same<CpuAsGpu>(m, wanted, 2, what + ", as a GPU");
}

ConnectSpec rule(Rule rule, std::int64_t n, double p = 0.0) {
    ConnectSpec c;
    c.rule = rule;
    c.n = n;
    c.p = p;
    return c;
}

/// 784 - hidden - 10, with few synapses.
ModelSpec sparse_model(NeuronModels::Params hidden = Lif::Params{}) {
    ModelSpec m = small_model(std::move(hidden));
    m.projections[0].connect = rule(Rule::fixed_in_degree, 90);
    m.projections[1].connect = rule(Rule::fixed_probability, 0, 0.12);
    m.projections[0].weight.gain = m.projections[1].weight.gain = 6.0;
    return m;
}

TEST(SparseTraining, GivesTheBitsOfMatrices) {
    expect_same_as_matrices(sparse_model(), "spikes");
    ModelSpec m = sparse_model();
    m.projections[0].delay = 3.0;
    m.projections[1].delay = 1.0;
    m.data.encode.duration = 41.0;  // more than a word of spikes, and whole vectors
    expect_same_as_matrices(m, "delays");
    m.projections[0].delay = 60.0;  // never arrives
    m.projections[1].connect = rule(Rule::fixed_out_degree, 1);
    ProjectionSpec past = m.projections[1];
    past.from = "input";
    past.delay = 0.0;
    past.connect = rule(Rule::fixed_total_number, 700);
    m.projections.push_back(past);
    expect_same_as_matrices(m, "two into one");
}

TEST(SparseTraining, GivesTheBitsOfMatricesOfValues) {
    ModelSpec m = sparse_model(Tanh::Params{});
    m.data.encode = {Direct::Params{}, 12.0};
    expect_same_as_matrices(m, "values");
    m.data.encode.duration = 0.0;
    expect_same_as_matrices(m, "a single step");
    m = sparse_model(Vsn::Params{0.9, 0.1, Activation::tanh, true});
    m.projections[1].delay = 2.0;
    expect_same_as_matrices(m, "graded spikes");
    m.test.emplace();
    m.test->quantize.emplace();
    expect_same_as_matrices(m, "quantized");
    m.test->quantize.reset();
    m.test->arithmetic = Arithmetic::fixed;
    expect_same_as_matrices(m, "fixed arithmetic");
}

TEST(SparseTraining, GivesTheBitsOfMatricesOnCycles) {
    for (NeuronModels::Params hidden :
         {NeuronModels::Params(Lif::Params{}), NeuronModels::Params(Tanh::Params{})}) {
        ModelSpec m = loop_model(hidden);
        for (ProjectionSpec& p : m.projections) p.weight.gain = 3.0;
        m.projections[0].connect = rule(Rule::fixed_in_degree, 90);
        m.projections[2].connect = rule(Rule::fixed_in_degree, 4);  // to itself
        m.projections[2].delay = 2.0;
        m.projections[4].connect = rule(Rule::fixed_out_degree, 2);
        m.test.emplace();
        m.test->quantize.emplace();
        expect_same_as_matrices(m, "some of a cycle");
        m.projections[3].connect = rule(Rule::fixed_probability, 0, 0.12);
        m.projections[5].connect = rule(Rule::fixed_probability, 0, 0.1);
        expect_same_as_matrices(m, "all of a cycle");
    }
}

TEST(SparseTraining, GivesTheBitsOfMatricesHoweverItIsTrained) {
    ModelSpec m = sparse_model();
    m.populations[1].dropout = 0.3;
    m.train->optimizer = Sgd::Params{0.1, 0.9, 1e-3};
    m.train->clip_norm = 0.5;
    expect_same_as_matrices(m, "dropout, clipped");
    m = sparse_model();
    m.train->optimizer = AdamW::Params{};
    m.train->prune.emplace();
    m.train->prune->sparsity = 0.6;
    expect_same_as_matrices(m, "pruned");
    for (const bool weights : {false, true}) {
        m = sparse_model();
        m.train->optimizer = AdamW::Params{};
        m.projections[0].trainable = weights;
        m.projections[0].bias.trainable = !weights;
        expect_same_as_matrices(m, "frozen");
    }
}

TEST(SparseTraining, GivesTheBitsOfMatricesBetweenShapes) {
    ModelSpec m = parse_model(R"(
name: shapes
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, duration: 6 ms}}
populations:
  input: {shape: [1, 28, 28], model: spike_source}
  conv: {model: lif, tau_m: 5 ms, batch_norm: {}}
  same: {shape: [5, 13, 13], model: lif, tau_m: 5 ms, dropout: 0.2}
  output: {size: 10, model: leaky_readout, tau_m: 10 ms}
projections:
  - {from: input, to: conv, connect: {rule: conv2d, channels: 5, kernel: 3, stride: 2}, bias: true, weight: {gain: 2}}
  - {from: conv, to: same, connect: one_to_one, weight: {init: uniform, low: 0.5, high: 1.5}, bias: true}
  - {from: input, to: same, connect: {rule: fixed_in_degree, n: 7}, weight: {gain: 9}}
  - {from: same, to: output, connect: {rule: fixed_out_degree, n: 1}, weight: {gain: 4}, bias: true}
train: {epochs: 1, batch: 32, optimizer: {name: adam, lr: 5e-3}, loss: cross_entropy_mean}
)",
                              "m.yaml");
    expect_same_as_matrices(m, "shapes");
    m.projections[2].from = "same";
    m.projections[2].connect.n = 3;
    expect_same_as_matrices(m, "shapes with a cycle");
}

TEST(SparseTraining, GoesOnWhereItStopped) {
    ModelSpec m = loop_model();
    for (ProjectionSpec& p : m.projections) p.connect = rule(Rule::fixed_in_degree, 2);
    m.projections[0].connect.n = 90;
    m.train->prune.emplace();
    const Network network = compile(m);
    const auto started = [&] {
        auto trainer = make_cpu_trainer(network, {*m.train, m.seed, 2});
        trainer->load(bar_data());
        return trainer;
    };
    const auto whole = started(), first = started(), second = started();
    train_some(*whole, m, 2);
    whole->prune(0.5);
    const TrainerState wanted = train_some(*whole, m, 2, 1);
    train_some(*first, m, 2);
    first->prune(0.5);
    second->set_state(first->state());
    const TrainerState found = train_some(*second, m, 2, 1);
    EXPECT_EQ(found.weights, wanted.weights);
    EXPECT_EQ(found.moments, wanted.moments);
    EXPECT_EQ(found.masks, wanted.masks);
    EXPECT_EQ(std::count(found.masks[0].begin(), found.masks[0].end(), 0), 37 * 90 / 2);
}

TEST(SparseTraining, IsForWhatHasFewSynapses) {
    ModelSpec m = small_model();
    const auto sparse = [&](const ConnectSpec& c) {
        m.projections[0].connect = c;
        return stored_sparse(m, 0);
    };
    EXPECT_FALSE(sparse(rule(Rule::all_to_all, 0)));
    EXPECT_TRUE(sparse(rule(Rule::fixed_in_degree, 98)));  // an eighth
    EXPECT_FALSE(sparse(rule(Rule::fixed_in_degree, 99)));
    EXPECT_TRUE(sparse(rule(Rule::fixed_probability, 0, 0.1)));
    EXPECT_FALSE(sparse(rule(Rule::fixed_probability, 0, 0.2)));
    // What a file leaves out counts too.
    FileWeights some;
    some.dense.assign(784 * 37, 0.5f);
    some.mask.assign(784 * 37, 0);
    some.mask[100] = some.mask[5000] = 1;
    m.projections[0].weight.loaded = std::make_shared<const FileWeights>(some);
    EXPECT_TRUE(sparse(rule(Rule::all_to_all, 0)));
    const Projection p = compile(m).projections[0];
    EXPECT_EQ(p.weights, (std::vector<float>{0.5f, 0.5f}));
    EXPECT_EQ(p.synapses->source(), (std::vector<std::uint32_t>{100 / 37, 5000 / 37}));
    EXPECT_EQ(p.synapses->target, (std::vector<std::uint32_t>{100 % 37, 5000 % 37}));
    EXPECT_EQ(weights_of(m, 0), 2);
    FileWeights list;
    list.is_list = true;
    list.source = {3, 3, 700};
    list.target = {0, 9, 36};
    list.weight = {1.0f, 2.0f, 3.0f};
    m.projections[0].weight.loaded = std::make_shared<const FileWeights>(list);
    EXPECT_EQ(compile(m).projections[0].weights, list.weight);
    m.projections[0].connect.own = false;  // rule and file together
    EXPECT_EQ(compile(m).projections[0].weights, list.weight);
}

TEST(SparseTraining, MemoryFollowsSynapses) {
    ModelSpec m = small_model();
    m.populations[1].size = 1 << 20;
    m.populations.insert(m.populations.begin() + 2,
                         PopulationSpec{{"deep", 1 << 20}, Lif::Params{}});
    m.projections[0].connect = rule(Rule::fixed_in_degree, 10);
    m.projections[1].connect = rule(Rule::fixed_total_number, 1000);
    ProjectionSpec between = m.projections[0];
    between.from = "hidden";
    between.to = "deep";
    m.projections.push_back(between);
    for (const MemoryPart& part : estimate_memory(m)) {
        if (part.name != "weights hidden_to_deep") continue;
        const double synapses = 10.0 * (1 << 20);
        EXPECT_GT(static_cast<double>(part.bytes), 28.0 * synapses);
        EXPECT_LT(static_cast<double>(part.bytes), 60.0 * synapses);
        return;
    }
    FAIL();
}

}  // namespace
}  // namespace snnsim
