// The training loop with a trainer that only remembers what it was asked.
#include "src/training/loop.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "snnsim/error.hpp"
#include "src/training/schedule.hpp"
#include "tests/training/small_network.hpp"

namespace snnsim {
namespace {

using testing::split_of;

class FakeTrainer final : public Trainer {
  public:
    std::vector<double> validation;   // accuracy of each validation
    std::vector<std::uint32_t> seen;  // samples, in order
    std::vector<double> rates;
    std::vector<double> pruned;  // sparsities asked for
    double loss = 1.0;
    int batches = 0;  // evaluated

    void load(const Dataset&) override {}
    void begin_phase(std::size_t, std::uint64_t, bool) override {}
    double connected() const override { return 1.0; }
    std::vector<StepResult> train(std::span<const std::uint32_t> samples, std::uint32_t,
                                  std::span<const double> learning_rates) override {
        seen.insert(seen.end(), samples.begin(), samples.end());
        rates.insert(rates.end(), learning_rates.begin(), learning_rates.end());
        updates_ += learning_rates.size();
        std::vector<StepResult> out;
        for (const double rate : learning_rates) out.push_back({loss, 0.5, rate});
        return out;
    }
    Evaluation evaluate(std::span<const std::uint32_t>, const EvaluateOptions& options) override {
        Evaluation e;
        for (int k = 0; k < 3; ++k) {
            if (options.stop && options.stop()) return e;
            ++batches;
        }
        e.accuracy = validation.at(validations_++);
        return e;
    }
    void prune(double sparsity) override { pruned.push_back(sparsity); }
    void quantize(const QuantizeSpec&, std::span<const std::uint32_t>,
                  const StopRequest&) override {}
    void fix(const std::vector<double>&) override {}
    TrainerState state() const override {
        return {{{static_cast<float>(updates_)}}, {{}}, {{1.0f}}, updates_};
    }
    void set_state(const TrainerState& s) override { updates_ = s.updates; }
    std::string device_name() const override { return "fake"; }

  private:
    std::uint64_t updates_ = 0;
    std::size_t validations_ = 0;
};

ModelSpec model(std::int64_t epochs) {
    ModelSpec m;
    m.train.emplace();
    m.train->epochs = epochs;
    m.train->batch = 10;
    return m;
}

TEST(Loop, AValidationOfNoSampleIsAnError) {
    ModelSpec m = model(1);
    m.train->validation = 0.004;
    FakeTrainer trainer;
    trainer.validation = {0.5};
    Checkpoint at;
    Curves curves;
    const LoopHooks hooks;
    try {
        train_loop(m, split_of(m, 100), trainer, at, curves, hooks);  // 0.4 samples, which is none
        FAIL() << "no error";
    } catch (const DataError& e) {
        EXPECT_STREQ(e.what(),
                     "train.validation (0.004) of 100 training samples is none; write at least "
                     "0.01, or more train_samples");
    }
    m.train->validation = 0.005;
    EXPECT_EQ(train_loop(m, split_of(m, 100), trainer, at, curves, hooks), LoopEnd::finished);
    EXPECT_EQ(curves.epoch_validation_accuracy.size(), 1u);
}

TEST(Loop, ShowsEverySampleOncePerEpochInANewOrder) {
    const ModelSpec m = model(2);
    FakeTrainer trainer;
    Checkpoint at;
    Curves curves;
    EXPECT_EQ(train_loop(m, split_of(m, 95), trainer, at, curves, {}), LoopEnd::finished);
    ASSERT_EQ(trainer.seen.size(), 190u);
    const std::vector<std::uint32_t> first(trainer.seen.begin(), trainer.seen.begin() + 95);
    const std::vector<std::uint32_t> second(trainer.seen.begin() + 95, trainer.seen.end());
    EXPECT_EQ(std::set<std::uint32_t>(first.begin(), first.end()).size(), 95u);
    EXPECT_NE(first, second);
    EXPECT_EQ(curves.step_loss.size(), 20u);
    EXPECT_EQ(curves.epoch_train_loss, (std::vector<double>{1.0, 1.0}));
}

TEST(Loop, PrunesAfterTheEpochsAskedForAndTestsOnTheWay) {
    ModelSpec m = model(5);
    m.train->prune = PruneSpec{0.8, 2, 3, {}};
    m.test.emplace().every = 2;
    FakeTrainer trainer;
    trainer.validation = {0.5, 0.75};  // what the two tests find
    Checkpoint at;
    Curves curves;
    LoopHooks hooks;
    hooks.test_samples = 7;
    EXPECT_EQ(train_loop(m, split_of(m, 20), trainer, at, curves, hooks), LoopEnd::finished);
    EXPECT_EQ(trainer.pruned, (std::vector<double>{0.8 * (1.0 - 0.125), 0.8}));
    EXPECT_EQ(curves.test_epoch, (std::vector<double>{2.0, 4.0}));
    EXPECT_EQ(curves.test_accuracy, (std::vector<double>{0.5, 0.75}));
}

TEST(Loop, GoesOnWhereItWasInterrupted) {
    const ModelSpec m = model(3);
    FakeTrainer whole, cut;
    Checkpoint a, b;
    Curves ca, cb;
    train_loop(m, split_of(m, 95), whole, a, ca, {});
    LoopHooks hooks;
    int polls = 0;
    hooks.stop_requested = [&] { return ++polls % 3 == 0; };
    int pieces = 1;
    while (train_loop(m, split_of(m, 95), cut, b, cb, hooks) == LoopEnd::interrupted) ++pieces;
    EXPECT_GT(pieces, 2);
    EXPECT_EQ(whole.seen, cut.seen);
    EXPECT_EQ(whole.rates, cut.rates);
    EXPECT_EQ(ca.step_loss, cb.step_loss);
    EXPECT_EQ(ca.epoch_train_loss, cb.epoch_train_loss);
}

// Stopped at each place where its evaluations ask.
TEST(Loop, AnEvaluationThatIsStoppedIsDoneAgain) {
    ModelSpec m = model(3);
    m.train->validation = 0.2;
    m.train->best_weights = true;
    m.train->prune = PruneSpec{0.8, 2, 3, {}};
    m.test.emplace().every = 1;
    const std::vector<double> accuracies{0.5, 0.6, 0.9, 0.7, 0.4, 0.8};  // validation, test, ...
    FakeTrainer whole;
    whole.validation = accuracies;
    Checkpoint a;
    Curves ca;
    train_loop(m, split_of(m, 95), whole, a, ca, {});
    EXPECT_EQ(ca.epoch_validation_accuracy, (std::vector<double>{0.5, 0.9, 0.4}));

    int in_evaluations = 0;
    for (int stop_at = 1;; ++stop_at) {
        FakeTrainer cut;
        cut.validation = accuracies;
        Checkpoint b;
        Curves cb;
        LoopHooks hooks;
        int asked = 0, batches = 0;
        std::size_t seen = 0;
        hooks.stop_requested = [&] {
            batches = cut.batches;
            seen = cut.seen.size();
            return b.batch_in_epoch == 8 && ++asked == stop_at;
        };
        const LoopEnd end = train_loop(m, split_of(m, 95), cut, b, cb, hooks);
        if (end == LoopEnd::interrupted) {
            EXPECT_EQ(cut.batches, batches) << "went on evaluating";
            EXPECT_EQ(cut.seen.size(), seen) << "went on training";
            EXPECT_EQ(cb.epoch_train_loss.size(), static_cast<std::size_t>(b.epoch));
            EXPECT_EQ(cb.test_epoch.size(), static_cast<std::size_t>(b.epoch));
            ++in_evaluations;
            FakeTrainer rest;
            rest.validation.assign(accuracies.begin() + 2 * b.epoch, accuracies.end());
            rest.set_state(cut.state());
            EXPECT_EQ(train_loop(m, split_of(m, 95), rest, b, cb, {}), LoopEnd::finished);
            cut.seen.insert(cut.seen.end(), rest.seen.begin(), rest.seen.end());
            cut.pruned.insert(cut.pruned.end(), rest.pruned.begin(), rest.pruned.end());
        }
        EXPECT_EQ(whole.seen, cut.seen);
        EXPECT_EQ(whole.pruned, cut.pruned);
        EXPECT_EQ(ca.step_loss, cb.step_loss);
        EXPECT_EQ(ca.epoch_train_loss, cb.epoch_train_loss);
        EXPECT_EQ(ca.epoch_validation_accuracy, cb.epoch_validation_accuracy);
        EXPECT_EQ(ca.test_epoch, cb.test_epoch);
        EXPECT_EQ(ca.test_accuracy, cb.test_accuracy);
        EXPECT_EQ(a.best->updates, b.best->updates);
        if (end == LoopEnd::finished) break;
    }
    EXPECT_EQ(in_evaluations, 3 * 2 * 3);  // epochs, evaluations, batches
}

TEST(Loop, StopsEarlyAndKeepsTheBestWeights) {
    ModelSpec m = model(10);
    m.train->validation = 0.2;
    m.train->early_stopping = EarlyStoppingSpec{2, 0.0};
    m.train->best_weights = true;
    FakeTrainer trainer;
    trainer.validation = {0.5, 0.8, 0.7, 0.8, 0.9};
    Checkpoint at;
    Curves curves;
    EXPECT_EQ(train_loop(m, split_of(m, 100), trainer, at, curves, {}), LoopEnd::stopped_early);
    EXPECT_EQ(at.epoch, 4);
    EXPECT_DOUBLE_EQ(at.best_accuracy, 0.8);
    ASSERT_TRUE(at.best);
    EXPECT_EQ(at.best->updates, 16u);  // after the second epoch of 8 updates
    EXPECT_TRUE(at.best->moments.empty());
    const std::set<std::uint32_t> seen(trainer.seen.begin(), trainer.seen.end());
    EXPECT_EQ(seen.size(), 80u);
}

TEST(Loop, StopsAtALossThatIsNotFinite) {
    FakeTrainer trainer;
    trainer.loss = std::numeric_limits<double>::quiet_NaN();
    Checkpoint at;
    Curves curves;
    try {
        train_loop(model(1), split_of(model(1), 50), trainer, at, curves, {});
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("epoch 1, update 1"), std::string::npos);
        EXPECT_NE(std::string(e.what()).find("train.optimizer.lr"), std::string::npos);
    }
}

TEST(Schedule, FollowsItsFormulas) {
    ScheduleSpec s;
    EXPECT_EQ(schedule_factor(s, 7, 10, 100), 1.0);
    s.name = Schedule::cosine;
    EXPECT_DOUBLE_EQ(schedule_factor(s, 0, 10, 100), 1.0);
    EXPECT_NEAR(schedule_factor(s, 50, 10, 100), 0.5, 1e-12);
    EXPECT_NEAR(schedule_factor(s, 100, 10, 100), 0.0, 1e-12);
    s.name = Schedule::linear;
    s.final = 0.2;
    EXPECT_NEAR(schedule_factor(s, 50, 10, 100), 0.6, 1e-12);
    s.name = Schedule::step;
    s.every = 2.0;
    s.factor = 0.5;
    EXPECT_DOUBLE_EQ(schedule_factor(s, 39, 10, 100), 0.5);
    EXPECT_DOUBLE_EQ(schedule_factor(s, 40, 10, 100), 0.25);
    s.name = Schedule::exponential;
    EXPECT_NEAR(schedule_factor(s, 15, 10, 100), std::pow(0.5, 1.5), 1e-12);
    s.name = Schedule::constant;
    s.warmup = 1.0;
    EXPECT_NEAR(schedule_factor(s, 4, 10, 100), 5.0 / 11.0, 1e-12);
}

TEST(Split, HoldsOutTheShareAskedFor) {
    const Split split = split_samples(3, 1000, 0.1);
    EXPECT_EQ(split.validation.size(), 100u);
    EXPECT_EQ(split.train.size(), 900u);
    std::set<std::uint32_t> all(split.train.begin(), split.train.end());
    all.insert(split.validation.begin(), split.validation.end());
    EXPECT_EQ(all.size(), 1000u);
    EXPECT_NE(split_samples(4, 1000, 0.1).validation, split.validation);
}

}  // namespace
}  // namespace snnsim
