// Parameters of neurons that are trained: gradients against PyTorch's, the same bits on any number
// of threads and on a device, and learning rates by group.
#include <gtest/gtest.h>

#include <cmath>

#include "src/training/make_trainer_on.hpp"
#include "tests/training/learned_golden.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::bar_data;
using testing::first_samples;
using testing::small_model;
using testing::train_some;

// ---- golden values ----

NeuronModels::Params neuron_of(const std::string& name) {
    if (name == "adaptive_in_a_loop") return AdaptiveLif::Params{.detach_reset = false};
    if (name == "cuba_by_cell") return CubaLif::Params{.detach_reset = false};
    Lif::Params lif;
    lif.detach_reset = name == "snntorch";
    if (name == "snntorch") lif.reset_at = ResetAt::next_step;
    if (name == "spikingjelly") {
        lif.integration = Integration::euler;
        lif.scale_input = true;
    }
    return lif;
}

void set(NeuronModels::Params& neuron, const std::string& name, double value) {
    std::visit(
        [&]<class P>(P& params) {
            P::fields().for_each([&](const auto& f) {
                if constexpr (std::is_same_v<decltype(f.member), double P::*>) {
                    if (f.name == name) params.*f.member = value;
                }
            });
        },
        neuron);
}

WeightSpec given(const std::vector<float>& weights) {
    WeightSpec out;
    FileWeights dense;
    dense.dense = weights;
    out.loaded = std::make_shared<const FileWeights>(std::move(dense));
    return out;
}

ProjectionSpec projection(const char* from, const char* to, const std::vector<float>& weights) {
    ProjectionSpec p;
    p.from = from;
    p.to = to;
    p.weight = given(weights);
    return p;
}

ModelSpec model_of(const golden::LearnedCase& c) {
    ModelSpec m;
    m.name = c.name;
    m.dt = 1.0;
    m.data.set = DataSet::file;
    m.data.encode = {Direct::Params{}, static_cast<double>(golden::learned_steps)};
    PopulationSpec hidden{{"hidden", golden::learned_hidden}, neuron_of(c.name), {}};
    for (const golden::Learned& l : c.learned) {
        set(hidden.neuron, l.parameter, l.value[0]);
        if (l.gradient.empty()) continue;
        TrainableSpec& t = hidden.trainable.emplace_back();
        t.name = l.parameter;
        if (l.value.size() == 1) continue;
        t.per = Per::cell;
        t.loaded = std::make_shared<const std::vector<double>>(l.value);
    }
    PopulationSpec output{
        {"output", golden::learned_outputs}, LeakyReadout::Params{golden::readout_tau}, {}};
    output.trainable.emplace_back().name = "tau_m";
    m.populations = {{{"input", golden::learned_inputs}, SpikeSource::Params{}, {}},
                     std::move(hidden),
                     std::move(output)};
    m.projections = {projection("input", "hidden", golden::learned_w1),
                     projection("hidden", "output", golden::learned_w2)};
    if (std::string(c.name).ends_with("in_a_loop"))
        m.projections.push_back(projection("hidden", "hidden", golden::learned_loop));
    m.train.emplace();
    m.train->batch = golden::learned_samples;
    m.train->loss = Loss::mse_mean;
    m.train->surrogate = Arctan::Params{2.0, 1.0};
    m.train->optimizer = Sgd::Params{1.0, 0.0, 0.0};
    return m;
}

Dataset data_of_golden() {
    Dataset data;
    data.classes = 0;
    SampleSet& set = data.train;
    set.count = golden::learned_samples;
    set.inputs = golden::learned_inputs;
    set.form = SampleForm::steps;
    set.steps = golden::learned_steps;
    set.outputs = golden::learned_outputs;
    set.y = golden::learned_y;
    const std::size_t samples = golden::learned_samples, inputs = golden::learned_inputs;
    for (std::size_t b = 0; b < samples; ++b) {
        for (std::size_t t = 0; t < golden::learned_steps; ++t) {
            for (std::size_t i = 0; i < inputs; ++i)
                set.in.values.push_back(golden::learned_x[(t * samples + b) * inputs + i]);
        }
    }
    data.test = data.train;
    return data;
}

/// With SGD and a learning rate of 1 a step is the gradient.
void expect_gradient(const TrainedParameter& p, const LearnedState& now,
                     const std::vector<double>& wanted, bool by_w, const std::string& of) {
    ASSERT_EQ(wanted.size(), p.first.size()) << of;
    double largest = 0.0;
    for (const double g : wanted) largest = std::max(largest, std::abs(g));
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        const double before = static_cast<double>(p.first[k]);
        const double step = before - static_cast<double>(now.w[k]);
        const double slope = by_w ? 1.0 : p.link.slope(before);
        EXPECT_NEAR(step, wanted[k] * slope, 2e-5 * largest * std::abs(slope) + 1e-6)
            << of << " " << p.name << " " << k;
    }
}

TEST(LearnedParameters, HaveTheGradientsOfPyTorch) {
    for (const golden::LearnedCase& c : golden::learned_cases) {
        const ModelSpec m = model_of(c);
        Network network = compile(m);
        network.shown = SampleForm::steps;
        const auto trainer = make_cpu_trainer(network, {*m.train, 1, 2});
        trainer->load(data_of_golden());
        const std::vector<double> rate{1.0};
        const auto result = trainer->train(first_samples(golden::learned_samples), 0, rate);
        EXPECT_NEAR(result[0].loss, c.loss, 1e-5 * c.loss) << c.name;
        const TrainerState state = trainer->state();
        const Population& hidden = network.populations[1];
        std::size_t k = 0;
        for (const golden::Learned& l : c.learned) {
            if (l.gradient.empty()) continue;
            expect_gradient(hidden.trained[k], state.learned[1][k], l.gradient,
                            std::string(c.name) == "spikingjelly", c.name);
            ++k;
        }
        expect_gradient(network.populations[2].trained[0], state.learned[2][0], {c.by_readout_tau},
                        false, std::string(c.name) + " readout");
    }
}

// ---- the same bits ----

/// All models that learn, with all their parameters.
std::vector<NeuronModels::Params> models() {
    IafPscDelta::Params delta;
    delta.v_th = -69.5;
    IafPscExp::Params exp;
    exp.v_th = -69.9;
    Izhikevich::Params quadratic;
    quadratic.i_e = 8.0;
    quadratic.u_decay = 0.9;  // 1 is the end of what it can be
    return {Lif::Params{}, AdaptiveLif::Params{}, CubaLif::Params{}, Vsn::Params{}, delta, exp,
            quadratic};
}

std::vector<std::string> learned_by(const NeuronModels::Params& neuron) {
    return NeuronModels::visit(neuron, []<class M>(const auto&) -> std::vector<std::string> {
        if constexpr (LearnsParameters<M>) return {M::learns.begin(), M::learns.end()};
        return {};
    });
}

ModelSpec learning(const NeuronModels::Params& neuron, bool recurrent, Per per) {
    ModelSpec m = small_model(neuron, recurrent);
    for (PopulationSpec& p : m.populations) {
        for (const std::string& name : learned_by(p.neuron)) {
            TrainableSpec& t = p.trainable.emplace_back();
            t.name = name;
            t.per = per;
            t.spread = per == Per::cell ? 0.05 : 0.0;
            t.lr = 0.01;
        }
    }
    // A bias is no current of cells with units.
    for (ProjectionSpec& p : m.projections) p.bias = {};
    m.train->clip_norm = 1.0;
    return m;
}

TrainerState trained(Trainer& trainer, const ModelSpec& m) {
    trainer.load(bar_data(96, 10));
    return train_some(trainer, m, 3);
}
TrainerState trained_on_cpu(const ModelSpec& m, int threads) {
    return trained(*make_cpu_trainer(compile(m), {*m.train, m.seed, threads}), m);
}

void expect_same(const TrainerState& a, const TrainerState& b, const std::string& of) {
    EXPECT_EQ(a.weights, b.weights) << of;
    ASSERT_EQ(a.learned.size(), b.learned.size());
    for (std::size_t k = 0; k < a.learned.size(); ++k) {
        ASSERT_EQ(a.learned[k].size(), b.learned[k].size());
        for (std::size_t n = 0; n < a.learned[k].size(); ++n) {
            EXPECT_EQ(a.learned[k][n].w, b.learned[k][n].w) << of;
            EXPECT_EQ(a.learned[k][n].moments, b.learned[k][n].moments) << of;
        }
    }
}

/// Calls f(model, its name) for each model, in and out of a loop.
template <class F>
void for_each_form(F&& f) {
    for (const NeuronModels::Params& neuron : models()) {
        for (const bool recurrent : {false, true}) {
            const Per per = recurrent ? Per::layer : Per::cell;
            f(learning(neuron, recurrent, per), NeuronModels::name_of(neuron));
            if (!std::holds_alternative<AdaptiveLif::Params>(neuron)) continue;
            f(learning(neuron, recurrent, recurrent ? Per::cell : Per::layer), "adaptive_lif too");
        }
    }
}

TEST(LearnedParameters, HaveTheSameBitsOnAnyNumberOfThreads) {
    for_each_form([](const ModelSpec& m, const std::string& name) {
        const TrainerState one = trained_on_cpu(m, 1);
        bool moved = false;
        for (const LearnedState& l : one.learned[1])
            moved = moved || std::any_of(l.moments.begin(), l.moments.end(),
                                         [](float v) { return v != 0.0f; });
        EXPECT_TRUE(moved) << name;
        for (const int threads : {2, 3}) expect_same(one, trained_on_cpu(m, threads), name);
    });
}

TEST(DeviceLearnedParameters, OnAGpuHaveTheBitsOfTheCpu) {
    if (const std::string reason = why_no_cuda(); !reason.empty())
        GTEST_SKIP() << "no CUDA device: " << reason;
    for_each_form([](ModelSpec m, const std::string& name) {
        m.train->batch = 16;
        expect_same(trained_on_cpu(m, 2),
                    trained(*make_cuda_trainer(compile(m), {*m.train, m.seed, 1}), m), name);
    });
}

TEST(LearnedParameters, GoOnFromAStateWithTheSameBits) {
    const ModelSpec m = learning(AdaptiveLif::Params{}, true, Per::cell);
    const auto whole = make_cpu_trainer(compile(m), {*m.train, 1, 2});
    const auto first = make_cpu_trainer(compile(m), {*m.train, 1, 2});
    const auto second = make_cpu_trainer(compile(m), {*m.train, 1, 2});
    for (Trainer* t : {whole.get(), first.get(), second.get()}) t->load(bar_data(96, 10));
    train_some(*whole, m, 2, 0);
    second->set_state(train_some(*first, m, 2, 0));
    expect_same(train_some(*whole, m, 3, 1), train_some(*second, m, 3, 1), "resumed");
}

TEST(LearnedParameters, StayWithinTheirLimits) {
    ModelSpec m = learning(Vsn::Params{}, false, Per::cell);
    for (PopulationSpec& p : m.populations) {
        for (TrainableSpec& t : p.trainable) t.lr = 1e3;
    }
    const auto trainer = make_cpu_trainer(compile(m), {*m.train, 1, 2});
    trained(*trainer, m);
    for (const Trainer::LearnedValues& l : trainer->learned_values()) {
        for (const double v : l.values) {
            if (l.parameter == "tau_m") {
                EXPECT_GT(v, 0.0);
            }
            if (l.parameter != "beta") continue;
            EXPECT_GT(v, 0.0);
            EXPECT_LT(v, 1.0);
        }
    }
}

/// What a parameter that is not trained would be.
TEST(LearnedParameters, AtTheirStartAreWhatTheModelSays) {
    ModelSpec plain = small_model(), learns = learning(Lif::Params{}, false, Per::layer);
    for (ProjectionSpec& p : plain.projections) p.bias = {};
    const auto loss = [](const ModelSpec& m) {
        const auto trainer = make_cpu_trainer(compile(m), {*m.train, 1, 2});
        trainer->load(bar_data(96, 100));
        return trainer->evaluate(first_samples(100), {}).loss;
    };
    EXPECT_NEAR(loss(plain), loss(learns), 1e-4);
}

// ---- learning rates by group ----

TEST(LearningRates, OfAGroupFollowTheSchedule) {
    ModelSpec m = small_model();
    m.train->optimizer = Sgd::Params{0.1, 0.0, 0.0};
    m.projections[0].lr = 0.4;
    const auto steps = [](const ModelSpec& m) {
        const Network network = compile(m);
        const auto trainer = make_cpu_trainer(network, {*m.train, 1, 2});
        trainer->load(bar_data(96, 10));
        const std::vector<double> rates{0.05};  // half of it, as a schedule may say
        trainer->train(first_samples(32), 0, rates);
        TrainerState state = trainer->state();
        for (std::size_t k = 0; k < state.weights.size(); ++k) {
            for (std::size_t i = 0; i < state.weights[k].size(); ++i)
                state.weights[k][i] -= network.projections[k].weights[i];
        }
        return state.weights;
    };
    const auto own = steps(m);
    m.projections[0].lr = {};
    const auto plain = steps(m);
    EXPECT_EQ(own[1], plain[1]);
    double norm = 0.0;
    for (std::size_t i = 0; i < own[0].size(); ++i) {
        EXPECT_NEAR(own[0][i], 4.0f * plain[0][i], 2e-7f);
        norm += std::abs(static_cast<double>(own[0][i]));
    }
    EXPECT_GT(norm, 1e-3);
}

TEST(LearningRates, WeightDecayOfAGroupIsItsOwn) {
    ModelSpec m = small_model();
    m.train->optimizer = Sgd::Params{0.1, 0.0, 0.5};
    m.projections[0].weight_decay = 0.0;
    const Network network = compile(m);
    const auto trainer = make_cpu_trainer(network, {*m.train, 1, 2});
    trainer->load(bar_data(96, 10));
    const std::vector<double> rates{0.1};
    trainer->train(first_samples(32), 0, rates);
    const TrainerState state = trainer->state();
    // Corners of the images are dark, and no gradient reaches their weights.
    std::size_t same = 0, decayed = 0;
    for (std::size_t i = 0; i < state.weights[0].size(); ++i)
        same += state.weights[0][i] == network.projections[0].weights[i] ? 1 : 0;
    for (std::size_t i = 0; i < state.weights[1].size(); ++i)
        decayed += state.weights[1][i] != network.projections[1].weights[i] ? 1 : 0;
    EXPECT_GT(same, 0u);
    EXPECT_EQ(decayed, state.weights[1].size());
}

}  // namespace
}  // namespace snnsim
