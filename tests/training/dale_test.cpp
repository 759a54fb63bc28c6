// Dale's law in training: signs at the start and after every update, what a latent number's update
// does to its weight, the same bits anywhere.
#include <gtest/gtest.h>

#include <cmath>

#include "src/network/source_signs.hpp"
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

constexpr DaleMethod all_methods[] = {DaleMethod::project, DaleMethod::softplus, DaleMethod::relu};

PopulationSpec& named(ModelSpec& m, const char* name) {
    return *std::find_if(m.populations.begin(), m.populations.end(),
                         [&](const PopulationSpec& p) { return p.name == name; });
}

ModelSpec with_dale(ModelSpec m, DaleMethod method) {
    named(m, "hidden").dale = DaleSpec{0.8, method};
    return m;
}

/// A convolution from channels of which some inhibit, in groups, and one from all cells.
ModelSpec windows(DaleMethod method) {
    ModelSpec m = small_model();
    m.populations[0].shape = {1, 28, 28};
    m.populations.erase(m.populations.begin() + 1);
    m.projections.clear();
    const auto conv = [&](const char* from, const char* to, std::vector<std::int64_t> shape,
                          std::int64_t groups) {
        PopulationSpec p{{to, shape[0] * shape[1] * shape[2]}, Lif::Params{}};
        p.shape = shape;
        m.populations.insert(m.populations.end() - 1, p);
        ProjectionSpec q;
        q.from = from, q.to = to;
        q.connect.rule = Rule::conv2d;
        q.connect.kernel.emplace().sides = {3};
        q.connect.stride = {3};
        q.connect.groups = groups;
        q.bias.given = true;
        m.projections.push_back(q);
    };
    conv("input", "first", {10, 9, 9}, 1);
    conv("first", "second", {4, 3, 3}, 2);
    ProjectionSpec out;
    out.from = "second", out.to = "output";
    m.projections.push_back(out);
    named(m, "first").dale = DaleSpec{0.8, method};
    named(m, "second").dale = DaleSpec{0.5, method};
    return m;
}

std::vector<std::pair<ModelSpec, std::string>> all_forms() {
    std::vector<std::pair<ModelSpec, std::string>> out;
    for (const DaleMethod method : all_methods) {
        const std::string name = name_of(method);
        out.emplace_back(with_dale(small_model(), method), name);
        out.emplace_back(with_dale(loop_model(), method), name + " in a loop");
        ModelSpec sgd = with_dale(small_model(), method);
        sgd.train->optimizer = Sgd::Params{0.1, 0.9, 1e-2};
        sgd.train->clip_norm = 0.1;
        out.emplace_back(sgd, name + " sgd");
        ModelSpec sparse = with_dale(small_model(Lif::Params{}, true), method);
        for (ProjectionSpec& p : sparse.projections) {
            p.connect.rule = Rule::fixed_in_degree;
            p.connect.n = 3;
        }
        sparse.train->optimizer = AdamW::Params{};
        out.emplace_back(sparse, name + " sparse");
        ModelSpec frozen = with_dale(small_model(), method);
        frozen.projections[1].trainable = false;
        frozen.projections[1].bias.trainable = true;
        out.emplace_back(frozen, name + " frozen");
        out.emplace_back(windows(method), name + " windows");
    }
    return out;
}

template <class Backend>
TrainerState trained_on(const ModelSpec& m, int threads, std::size_t updates = 4) {
    TrainerOn<Backend> trainer(compile(m), {*m.train, m.seed, threads});
    trainer.load(bar_data());
    return train_some(trainer, m, updates);
}

void expect_same(const TrainerState& a, const TrainerState& b, const std::string& name) {
    EXPECT_EQ(a.weights, b.weights) << name;
    EXPECT_EQ(a.bias, b.bias) << name;
    EXPECT_EQ(a.moments, b.moments) << name;
}

/// Of the projections that begin at cells with signs: how many weights are there, and at 0.
std::pair<std::size_t, std::size_t> expect_signs(const Network& n, const TrainerState& state,
                                                 const std::string& name) {
    std::size_t count = 0, zero = 0;
    for (std::size_t k = 0; k < n.projections.size(); ++k) {
        if (!n.populations[n.projections[k].from].dale) continue;
        const std::vector<float> signs = signs_of(n, n.projections[k]);
        const std::vector<float>& w = state.weights[k];
        EXPECT_EQ(signs.size(), w.size());
        for (std::size_t i = 0; i < w.size(); ++i) {
            EXPECT_GE(signs[i] * w[i], 0.0f) << name << ": weight " << i;
            EXPECT_FALSE(w[i] == 0.0f && std::signbit(w[i])) << name;
            ++count, zero += w[i] == 0.0f;
        }
    }
    return {count, zero};
}

TEST(DaleTraining, EveryWeightHasTheSignOfItsSourceAfterEveryUpdate) {
    for (const auto& [m, name] : all_forms()) {
        const Network n = compile(m);
        const auto trainer = make_cpu_trainer(n, {*m.train, m.seed, 2});
        trainer->load(bar_data());
        expect_signs(n, trainer->state(), name + " at the start");
        for (std::uint32_t update = 0; update < 6; ++update) {
            trainer->train(first_samples(static_cast<std::size_t>(m.train->batch)), update,
                           std::vector<double>{0.05});
            const auto [count, zero] = expect_signs(n, trainer->state(), name);
            EXPECT_GT(count, 0u);
            EXPECT_LT(zero, count) << name;
            if (update == 5 && name == "project") {
                EXPECT_GT(zero, 0u);
            }
        }
    }
}

TEST(DaleTraining, StartsWithInhibitionThatMakesUpForExcitation) {
    ModelSpec m = with_dale(small_model(), DaleMethod::project);
    named(m, "hidden").size = 1000;
    const std::vector<float> w = compile(m).projections[1].weights;  // [1000][10]
    double sum = 0.0, size = 0.0, e = 0.0, i = 0.0;
    for (std::size_t k = 0; k < w.size(); ++k) {
        (k < 8000 ? e : i) += static_cast<double>(w[k]);
        sum += static_cast<double>(w[k]), size += std::abs(static_cast<double>(w[k]));
    }
    EXPECT_NEAR((i / 2000.0) / (e / 8000.0), -4.0, 0.1);
    EXPECT_LT(std::abs(sum), 0.02 * size);
}

TEST(DaleTraining, ChannelsOfAShapeHaveOneSign) {
    const Network n = compile(windows(DaleMethod::project));
    ASSERT_EQ(n.projections[1].name, "first_to_second");
    const std::vector<float> signs = signs_of(n, n.projections[1]);
    // [tap][channel of second]; a tap has the five channels of its group: 0 .. 4 of the first two
    // targets, 5 .. 9 of the others, of which 8 and 9 inhibit.
    ASSERT_EQ(signs.size(), 9u * 5u * 4u);
    for (std::size_t i = 0; i < signs.size(); ++i) {
        const std::size_t tap = i / 4, to = i % 4;
        EXPECT_EQ(signs[i], to >= 2 && tap % 5 >= 3 ? -1.0f : 1.0f) << i;
    }
}

/// Plain gradient descent of the latent number: v' = v - rate s f'(v) dL/dw.
TEST(DaleTraining, AnUpdateFollowsTheGradientOfTheLatentNumber) {
    const auto rate = 5.0;
    for (const DaleMethod method : all_methods) {
        ModelSpec m = with_dale(small_model(), method);
        m.train->optimizer = Sgd::Params{0.1, 0.0, 0.0};
        const Network n = compile(m);
        Network free = n;  // the same weights, and no signs
        for (Population& p : free.populations) p.dale.reset();
        const auto after = [&](const Network& network) {
            const auto trainer = make_cpu_trainer(network, {*m.train, m.seed, 1});
            trainer->load(bar_data());
            trainer->train(first_samples(32), 0, std::vector<double>{rate});
            return trainer->state().weights[1];
        };
        const std::vector<float> found = after(n), moved = after(free),
                                 &before = n.projections[1].weights;
        const std::vector<float> signs = signs_of(n, n.projections[1]);
        std::size_t crossed = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const double s = signs[i], w = before[i], change = moved[i] - w;
            const double v = method == DaleMethod::softplus ? std::log(std::expm1(s * w)) : s * w;
            const double slope = method == DaleMethod::softplus ? 1.0 / (1.0 + std::exp(-v)) : 1.0;
            const double next = v + s * slope * change;
            const double wanted = s * (method == DaleMethod::softplus ? std::log1p(std::exp(next))
                                                                      : std::max(0.0, next));
            EXPECT_NEAR(found[i], wanted, 2e-6 + 2e-5 * std::abs(wanted)) << name_of(method);
            crossed += next < 0.0 && method != DaleMethod::softplus;
        }
        if (method != DaleMethod::softplus) {
            EXPECT_GT(crossed, 0u);
        }
    }
}

TEST(DaleTraining, SameBitsOnAnyNumberOfThreadsAndAsOnAGpu) {
    for (const auto& [m, name] : all_forms()) {
        const TrainerState one = trained_on<Cpu>(m, 1);
        expect_same(one, trained_on<Cpu>(m, 3), name);
        expect_same(one, trained_on<CpuAsGpu>(m, 2), name);
    }
}

TEST(DeviceDaleTraining, OnAGpuHasTheBitsOfTheCpu) {
    if (const std::string reason = why_no_cuda(); !reason.empty())
        GTEST_SKIP() << "no CUDA device: " << reason;
    for (auto [m, name] : all_forms()) {
        m.train->batch = 8;
        const auto cuda = make_cuda_trainer(compile(m), {*m.train, m.seed, 1});
        cuda->load(bar_data());
        expect_same(trained_on<Cpu>(m, 2, 2), train_some(*cuda, m, 2), name);
    }
}

TEST(DaleTraining, GoesOnFromAStateWithTheSameBits) {
    for (const auto& [m, name] : all_forms()) {
        const auto whole = make_cpu_trainer(compile(m), {*m.train, 1, 2});
        const auto first = make_cpu_trainer(compile(m), {*m.train, 1, 2});
        const auto second = make_cpu_trainer(compile(m), {*m.train, 1, 2});
        for (Trainer* t : {whole.get(), first.get(), second.get()}) {
            t->load(bar_data());
        }
        train_some(*whole, m, 2, 0);
        second->set_state(train_some(*first, m, 2, 0));
        expect_same(train_some(*whole, m, 2, 1), train_some(*second, m, 2, 1), name);
    }
}

TEST(DaleTraining, PrunedWeightsStayAway) {
    for (const DaleMethod method : all_methods) {
        const ModelSpec m = with_dale(small_model(), method);
        const Network n = compile(m);
        const auto trainer = make_cpu_trainer(n, {*m.train, m.seed, 2});
        trainer->load(bar_data());
        train_some(*trainer, m, 2);
        trainer->prune(0.5);
        const TrainerState before = trainer->state(), after = train_some(*trainer, m, 3, 1);
        std::size_t gone = 0;
        for (std::size_t i = 0; i < after.weights[1].size(); ++i) {
            if (before.masks[1][i]) continue;
            EXPECT_EQ(after.weights[1][i], 0.0f) << name_of(method);
            ++gone;
        }
        EXPECT_EQ(gone, after.weights[1].size() / 2);
        EXPECT_NE(before.weights[1], after.weights[1]);
        expect_signs(n, after, name_of(method));
    }
}

}  // namespace
}  // namespace snnsim
