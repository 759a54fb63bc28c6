// Order of samples, patience, memory, and how a run begins.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "kernels/random.hpp"
#include "snnsim/error.hpp"
#include "src/plan/memory.hpp"
#include "src/run/interrupt.hpp"
#include "src/run/provenance.hpp"
#include "src/run/start.hpp"
#include "src/training/loop.hpp"
#include "src/training/schedule.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

template <class Call>
std::string message_of(const Call& call) {
    try {
        call();
    } catch (const Error& e) {
        return e.what();
    }
    return "no error";
}

TEST(Shuffle, SortsSamplesByTheirRandomKeys) {
    std::vector<std::uint32_t> samples(101);
    std::iota(samples.begin(), samples.end(), 1000u);
    const std::vector<std::uint32_t> order = shuffled(samples, 42, 3);
    const RandomKey key{42, Stream::shuffle, 3, 0};
    const auto word = [&](std::uint32_t sample) {
        const std::uint32_t position = sample - 1000;
        return key.draw(position / 4).word[position % 4];
    };
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return word(a) < word(b);
    }));
    EXPECT_TRUE(std::is_permutation(order.begin(), order.end(), samples.begin()));
    EXPECT_NE(order, shuffled(samples, 42, 4));
    EXPECT_NE(order, shuffled(samples, 43, 3));
}

TEST(Patience, CountsFromTheLastRealImprovement) {
    EXPECT_EQ(epochs_without_improvement({}, 0.0), 0);
    EXPECT_EQ(epochs_without_improvement({0.0}, 0.5), 0);  // the first is always one
    EXPECT_EQ(epochs_without_improvement({0.5, 0.6, 0.6}, 0.0), 1);
    EXPECT_EQ(epochs_without_improvement({0.5, 0.54, 0.58}, 0.1), 2);
    EXPECT_EQ(epochs_without_improvement({0.5, 0.54, 0.61}, 0.1), 0);
}

TEST(Memory, TooMuchListsTheParts) {
    const std::vector<MemoryPart> parts{{"weights a_to_b", 3000000000}, {"data set", 1000000}};
    EXPECT_NO_THROW(require_memory(parts, 3001000000));
    const std::string text = message_of([&] { require_memory(parts, 3000999999); });
    EXPECT_NE(text.find("weights a_to_b"), std::string::npos) << text;
    EXPECT_NE(text.find("3.0 GB"), std::string::npos) << text;
    EXPECT_NE(text.find("train.batch"), std::string::npos) << text;
    EXPECT_GT(available_memory(), 0u);
    EXPECT_EQ(memory_problem(parts, 3001000000, less_of_training), "");
    EXPECT_EQ(text, memory_problem(parts, 3000999999, less_of_training));
    for (const auto& [bytes, said] :
         std::vector<std::pair<std::size_t, std::string>>{{999'940'000'000, "999.9 GB"},
                                                          {999'960'000'000, "1.00 TB"},
                                                          {1'073'700'000'000, "1.07 TB"},
                                                          {12'340'000'000'000, "12.3 TB"},
                                                          {4'000'008'000'000'000, "4000 TB"},
                                                          {3'200'000'000, "3.2 GB"}})
        EXPECT_EQ(bytes_text(bytes), said);
}

TEST(Interrupt, NotesTheFirstSignalAndForgetsItForTheNextRun) {
    {
        const InterruptGuard guard;
        EXPECT_FALSE(InterruptGuard::asked());
        std::raise(SIGTERM);
        EXPECT_TRUE(InterruptGuard::asked());
    }
    const InterruptGuard guard;
    EXPECT_FALSE(InterruptGuard::asked());
}

class StartTest : public ::testing::Test {
  protected:
    fs::path folder = fs::temp_directory_path() / ("snnsim_start_test_" + std::to_string(getpid()));
    std::string model = (folder / "m.yaml").string(), output = (folder / "m.h5").string();
    RunOptions options;

    void SetUp() override {
        fs::create_directories(folder);
        std::ofstream(model) << R"(name: m
dt: 1 ms
data: {set: mnist, encode: {scheme: direct, duration: 2 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 3, model: lif}
  output: {size: 10, model: leaky_readout}
projections:
  - {from: input, to: hidden}
  - {from: hidden, to: output}
train: {epochs: 2}
test: {}
)";
        options.output = output;
    }
    void TearDown() override { fs::remove_all(folder); }

    /// What a run of `updates` updates leaves.
    void leave(const std::string& path, RunStatus status, std::uint64_t updates,
               const std::string& started = "one time") {
        RunRecord record = start_of_new().record;
        record.provenance.started = started;
        record.status = status;
        Checkpoint& at = record.checkpoint.emplace();
        for (const Projection& p : record.network.projections) {
            at.state.weights.push_back(p.weights);
            at.state.bias.push_back(p.bias);
            at.state.moments.push_back({});
        }
        at.state.updates = updates;
        for (std::uint64_t k = 0; k < updates + 1; ++k) {
            record.curves.step_loss.push_back(1.0);
            record.curves.step_accuracy.push_back(0.5);
            record.curves.step_learning_rate.push_back(0.1);
        }
        write_run(path, record);
    }
    Start start_of_new() {
        RunOptions fresh = options;
        fresh.force = true;
        return start_anew(model, fresh);
    }
    Start resume(const std::string& path, const std::string& named_model = "") {
        RunOptions again;
        again.resume = path;
        return start_again(named_model, again);
    }
};

TEST_F(StartTest, NothingIsOverwrittenUnasked) {
    EXPECT_EQ(start_anew(model, options).output, output);
    leave(partial_path(output), RunStatus::running, 3);
    EXPECT_NE(message_of([&] { start_anew(model, options); }).find("--resume " + output),
              std::string::npos);
    leave(output, RunStatus::interrupted, 3);
    EXPECT_NE(message_of([&] { start_anew(model, options); }).find("--force overwrites it"),
              std::string::npos);
    EXPECT_NO_THROW(start_of_new());
}

TEST_F(StartTest, GoesOnFromWhicheverFileIsFurther) {
    EXPECT_NE(message_of([&] { resume(output); }).find("no such file"), std::string::npos);
    leave(partial_path(output), RunStatus::running, 3);
    EXPECT_EQ(resume(output).record.checkpoint->state.updates, 3u);
    EXPECT_EQ(resume(partial_path(output)).output, output);
    leave(output, RunStatus::interrupted, 2);
    EXPECT_EQ(resume(output).record.checkpoint->state.updates, 3u);
    leave(output, RunStatus::interrupted, 5);
    EXPECT_EQ(resume(output).record.checkpoint->state.updates, 5u);
    leave(output, RunStatus::finished, 5);
    EXPECT_EQ(resume(output).record.status, RunStatus::finished);
    EXPECT_NE(message_of([&] { resume(partial_path(output)); }).find("--force"), std::string::npos);
    leave(partial_path(output), RunStatus::running, 3, "a later time");
    EXPECT_NE(message_of([&] { resume(output); }).find("a later run"), std::string::npos);
}

TEST_F(StartTest, CurvesEndAtTheCheckpointAndProjectionsKeepTheirOrder) {
    leave(output, RunStatus::interrupted, 3);  // four values a curve
    const Start start = resume(output);
    EXPECT_EQ(start.record.curves.step_loss.size(), 3u);
    // In the file they are sorted by name: hidden_to_output comes first.
    EXPECT_EQ(start.record.network.projections[0].name, "input_to_hidden");
    EXPECT_EQ(start.record.checkpoint->state.weights[0].size(), 784u * 3u);
    EXPECT_EQ(start.record.checkpoint->state.weights[0],
              start.record.network.projections[0].weights);
}

TEST_F(StartTest, AnotherModelOrOtherSettingsCannotResume) {
    leave(output, RunStatus::interrupted, 1);
    EXPECT_NO_THROW(resume(output, model));
    RunOptions other;
    other.resume = output;
    other.overrides = {"train.epochs=3"};
    EXPECT_THROW(start_again("", other), UsageError);
    other.overrides.clear();
    other.output = "elsewhere.h5";
    EXPECT_THROW(start_again("", other), UsageError);
    std::ofstream(model, std::ios::app) << "# another\n";
    EXPECT_NE(message_of([&] { resume(output, model); }).find("is not the model"),
              std::string::npos);
}

TEST(ProvenanceTest, HashesTheModelText) {
    ModelSpec spec;
    spec.text = "abc";
    const Provenance p = provenance_of(spec);
    EXPECT_EQ(p.model_sha256,
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2
    EXPECT_EQ(p.started.size(), 20u);
    EXPECT_EQ(p.started.back(), 'Z');
    EXPECT_FALSE(p.version.empty());
}

}  // namespace
}  // namespace snnsim
