// The built program as a user meets it: exit status, messages, interruption and resuming.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "snnsim/run_record.hpp"
#include "src/io/hdf5.hpp"
#include "tests/wait_for.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

struct Outcome {
    int status;
    std::string out, err;
};

/// A folder with a model and a small data set of random images, in which the program runs.
class Program : public ::testing::Test {
  protected:
    fs::path folder =
        fs::temp_directory_path() / ("snnsim_program_test_" + std::to_string(getpid()));

    void SetUp() override {
        fs::create_directories(folder);
        std::ofstream(folder / "m.yaml") << R"(name: m
dt: 1 ms
data: {set: mnist, encode: {scheme: poisson, max_rate: 500 Hz, duration: 4 ms}}
populations:
  input: {size: 784, model: spike_source}
  hidden: {size: 20, model: lif}
  output: {size: 10, model: leaky_readout}
projections:
  - {from: input, to: hidden, bias: true}
  - {from: hidden, to: output, bias: true}
train: {epochs: 4, batch: 10, validation: 0.1, best_weights: true}
test: {}
record: [{population: hidden, what: spikes, samples: 5}]
)";
        write_set("train", 200);
        write_set("t10k", 20);
    }
    void TearDown() override { fs::remove_all(folder); }

    void write_set(const std::string& name, std::uint32_t count) {
        const auto big_endian = [](std::ofstream& file, std::uint32_t value) {
            for (int shift = 24; shift >= 0; shift -= 8)
                file.put(static_cast<char>(value >> shift));
        };
        std::ofstream images(folder / (name + "-images-idx3-ubyte"), std::ios::binary);
        std::ofstream labels(folder / (name + "-labels-idx1-ubyte"), std::ios::binary);
        for (const std::uint32_t head : {0x803u, count, 28u, 28u}) big_endian(images, head);
        for (const std::uint32_t head : {0x801u, count}) big_endian(labels, head);
        std::uint32_t state = 1;
        for (std::uint32_t i = 0; i < count * 784; ++i) {
            state = state * 1664525u + 1013904223u;  // any fixed pixels will do
            images.put(static_cast<char>(state >> 24));
        }
        for (std::uint32_t i = 0; i < count; ++i) labels.put(static_cast<char>(i % 10));
    }

    pid_t start(const std::vector<std::string>& arguments) const {
        const pid_t child = fork();
        if (child != 0) return child;
        if (chdir(folder.c_str()) != 0) _exit(99);
        dup2(open("out.txt", O_CREAT | O_TRUNC | O_WRONLY, 0600), STDOUT_FILENO);
        dup2(open("err.txt", O_CREAT | O_TRUNC | O_WRONLY, 0600), STDERR_FILENO);
        std::vector<char*> argv{const_cast<char*>(SNNSIM_PROGRAM)};
        for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
        argv.push_back(nullptr);
        execv(SNNSIM_PROGRAM, argv.data());
        _exit(99);
    }
    Outcome wait_for(pid_t child) const {
        int status = 0;
        waitpid(child, &status, 0);
        return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text("out.txt"),
                text("err.txt")};
    }
    Outcome call(const std::vector<std::string>& arguments) const {
        return wait_for(start(arguments));
    }
    Outcome train(std::vector<std::string> more) const {
        std::vector<std::string> arguments{"m.yaml", "--data-dir", ".", "--backend",
                                           "cpu",    "--threads",  "1"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return call(arguments);
    }

    std::string text(const std::string& name) const {
        std::ostringstream out;
        out << std::ifstream(folder / name).rdbuf();
        return out.str();
    }
    bool exists(const std::string& name) const { return fs::exists(folder / name); }
    RunRecord record(const std::string& name) const { return read_run((folder / name).string()); }

    /// $SNNSIM_TEST_LENGTH=0.1 makes trainings that are stopped on the way begin ten times shorter.
    static int first_epochs() {
        const char* length = std::getenv("SNNSIM_TEST_LENGTH");
        return static_cast<int>(60.0 * (length ? std::atof(length) : 1.0));
    }

    /// Starts a long training and sends it `signal` once its checkpoint is there.
    Outcome stop_by(int signal, const std::vector<std::string>& arguments,
                    const std::string& checkpoint) const {
        const pid_t child = start(arguments);
        siginfo_t ended{};  // stays 0 while it runs; WNOWAIT leaves it to wait_for()
        testing::wait_for([&] {
            waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
            return exists(checkpoint) || ended.si_pid != 0;
        });
        kill(child, signal);
        return wait_for(child);
    }
};

void expect_same_run(const RunRecord& a, const RunRecord& b) {
    ASSERT_EQ(a.status, RunStatus::finished);
    ASSERT_EQ(b.status, RunStatus::finished);
    EXPECT_EQ(a.curves.step_loss, b.curves.step_loss);
    EXPECT_EQ(a.curves.epoch_train_loss, b.curves.epoch_train_loss);
    EXPECT_EQ(a.curves.epoch_validation_accuracy, b.curves.epoch_validation_accuracy);
    for (std::size_t k = 0; k < a.network.projections.size(); ++k) {
        EXPECT_EQ(a.network.projections[k].weights, b.network.projections[k].weights);
        EXPECT_EQ(a.network.projections[k].bias, b.network.projections[k].bias);
    }
    EXPECT_EQ(a.test->loss, b.test->loss);
    EXPECT_EQ(a.test->predictions, b.test->predictions);
}

TEST_F(Program, TrainsTestsAndNeverOverwrites) {
    const Outcome first = train({});
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_NE(first.err.find("epoch 4/4"), std::string::npos) << first.err;
    EXPECT_NE(first.out.find("test accuracy"), std::string::npos) << first.out;
    EXPECT_NE(first.out.find("runs/m.h5"), std::string::npos) << first.out;
    EXPECT_FALSE(exists("runs/m.partial.h5"));
    const RunRecord run = record("runs/m.h5");
    EXPECT_EQ(run.status, RunStatus::finished);
    EXPECT_EQ(run.curves.step_loss.size(), 4u * 18u);  // 180 samples, batches of 10
    EXPECT_EQ(run.curves.epoch_validation_loss.size(), 4u);
    EXPECT_EQ(run.test->predictions.size(), 20u);
    EXPECT_EQ(run.provenance.threads, 1);
    EXPECT_FALSE(run.checkpoint);

    const Outcome second = train({});
    EXPECT_EQ(second.status, 2);
    EXPECT_NE(second.err.find("snnsim: error: runs/m.h5 exists already"), std::string::npos)
        << second.err;
    EXPECT_EQ(train({"--force", "--progress", "none"}).status, 0);
    EXPECT_EQ(text("err.txt").find("epoch"), std::string::npos);
    expect_same_run(run, record("runs/m.h5"));

    const Outcome again = call({"--resume", "runs/m.h5"});
    EXPECT_EQ(again.status, 0);
    EXPECT_NE(again.out.find("nothing to resume"), std::string::npos) << again.out;
}

TEST_F(Program, InterruptedAndKilledRunsGoOnWithTheSameBits) {
    const std::vector<std::string> resume{"--resume",  "cut.h5", "--data-dir", ".",
                                          "--threads", "1",      "--backend",  "cpu"};
    std::string epochs;
    // Longer and longer trainings, until one lasts long enough to be stopped twice on the way.
    for (int count = first_epochs();; count *= 2) {
        ASSERT_LT(count, 1 << 24) << "the program ends before it can be stopped";
        epochs = "train.epochs=" + std::to_string(count);
        fs::remove(folder / "cut.h5");
        const Outcome stopped =
            stop_by(SIGINT,
                    {"m.yaml", "--set", epochs, "-o", "cut.h5", "--data-dir", ".", "--threads", "1",
                     "--backend", "cpu", "--checkpoint-every", "0"},
                    "cut.partial.h5");
        if (stopped.status == 0) continue;
        ASSERT_EQ(stopped.status, 130) << stopped.err;
        EXPECT_NE(stopped.out.find("snnsim --resume cut.h5"), std::string::npos) << stopped.out;
        EXPECT_FALSE(exists("cut.partial.h5"));
        EXPECT_EQ(record("cut.h5").status, RunStatus::interrupted);
        ASSERT_TRUE(record("cut.h5").checkpoint);

        const Outcome killed = stop_by(SIGKILL, resume, "cut.partial.h5");
        if (killed.status == 0) continue;
        ASSERT_EQ(killed.status, 128 + SIGKILL) << killed.err;
        break;
    }
    EXPECT_EQ(record("cut.partial.h5").status, RunStatus::running);

    ASSERT_EQ(call(resume).status, 0) << text("err.txt");
    EXPECT_FALSE(exists("cut.partial.h5"));
    ASSERT_EQ(train({"--set", epochs, "-o", "whole.h5"}).status, 0) << text("err.txt");
    expect_same_run(record("whole.h5"), record("cut.h5"));
}

/// An environment variable, as long as it lives.
class Environment {
  public:
    Environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~Environment() { unsetenv(name_); }

  private:
    const char* name_;
};

TEST_F(Program, WarningsGoToStdoutAndIntoTheRunFile) {
    std::ofstream(folder / "s.yaml") << R"(name: s
dt: 1 ms
simulate: {duration: 10 ms}
populations: {E: {size: 2, model: iaf_psc_exp}}
)";
    const std::string unpublished =
        "./train-images-idx3-ubyte is not the published file of mnist (its SHA-256 is ";
    const std::string lockless = "the file system of x.h5 has no locks, so a second run to it";
    const Environment preload("LD_PRELOAD", NO_LOCKS);
    const Environment sanitizers("ASAN_OPTIONS", "verify_asan_link_order=0");
    const std::vector<std::vector<std::string>> commands{
        {"m.yaml", "--data-dir", ".", "--progress", "none", "-o", "x.h5"},
        {"encode", "m.yaml", "--data-dir", ".", "-o", "x.h5"},
        {"s.yaml", "--progress", "none", "-o", "x.h5"}};
    for (const std::vector<std::string>& command : commands) {
        const bool images = command[0] != "s.yaml";
        const Outcome done = call(command);
        ASSERT_EQ(done.status, 0) << done.err;
        EXPECT_EQ(done.err, "");
        EXPECT_NE(done.out.find("warning: " + lockless), std::string::npos) << done.out;
        EXPECT_EQ(done.out.find("warning: " + unpublished) != std::string::npos, images)
            << done.out;
        const std::vector<std::string> kept =
            h5::read_texts(h5::open_file((folder / "x.h5").string()), "warnings");
        const auto has = [&](const std::string& text) {
            return std::any_of(kept.begin(), kept.end(),
                               [&](const std::string& line) { return line.starts_with(text); });
        };
        EXPECT_TRUE(has(lockless));
        EXPECT_EQ(has(unpublished), images);
        fs::remove(folder / "x.h5");
    }
}

TEST_F(Program, ADivergedRunKeepsItsCurves) {
    const Outcome diverged =
        train({"--set", "train.optimizer={name: adam, lr: 1e38}", "-o", "d.h5"});
    EXPECT_EQ(diverged.status, 1);
    EXPECT_NE(diverged.err.find("no longer finite (epoch 1, update"), std::string::npos)
        << diverged.err;
    EXPECT_NE(diverged.err.find("train.clip_norm"), std::string::npos) << diverged.err;
    EXPECT_NE(diverged.err.find("d.partial.h5"), std::string::npos) << diverged.err;
    EXPECT_FALSE(exists("d.h5"));
    EXPECT_FALSE(std::isfinite(record("d.partial.h5").curves.step_loss.back()));
}

TEST_F(Program, ComparesModelsAndReusesTheirRuns) {
    const std::vector<std::string> arguments{"compare", "m.yaml", "m.yaml", "--data-dir",
                                             ".",       "-o",     "t.csv"};
    const Outcome first = call(arguments);
    ASSERT_EQ(first.status, 0) << first.err;
    EXPECT_NE(first.out.find("| test accuracy [%] |"), std::string::npos) << first.out;
    EXPECT_NE(text("t.csv").find("energy / image [uJ]"), std::string::npos);
    EXPECT_EQ(first.err.find("epoch 1/4"), first.err.rfind("epoch 1/4"));  // trained once
    std::vector<std::string> anew = arguments;
    anew.push_back("--force");  // over the table; the run is what it was
    const Outcome second = call(anew);
    EXPECT_EQ(second.status, 0) << second.err;
    EXPECT_EQ(second.err.find("epoch"), std::string::npos) << second.err;
    const Outcome other = call({"compare", "m.yaml", "--set", "seed=9", "--data-dir", "."});
    EXPECT_EQ(other.status, 2);
    EXPECT_NE(other.err.find("--force"), std::string::npos) << other.err;
}

TEST_F(Program, EncodesSamples) {
    const Outcome outcome =
        call({"encode", "m.yaml", "--samples", "3", "--data-dir", ".", "-o", "spikes.h5"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(call({"encode", "m.yaml", "--data-dir", ".", "-o", "spikes.h5"}).status,
              2);  // there already
}

TEST_F(Program, ExitStatusTellsUsageAndModelFromTheRest) {
    EXPECT_EQ(call({"check", "m.yaml"}).status, 0);
    std::ofstream(folder / "bad.yaml") << "name: bad\ndt: 1 mV\n";
    const Outcome bad = call({"check", "bad.yaml"});
    EXPECT_EQ(bad.status, 2);
    EXPECT_NE(bad.err.find("bad.yaml:2:"), std::string::npos) << bad.err;
    EXPECT_EQ(call({"check"}).status, 2);
    EXPECT_EQ(call({"run"}).status, 2);
    EXPECT_EQ(call({"m.yaml", "--backend", "abacus"}).status, 2);
    EXPECT_EQ(call({"m.yaml", "--data-dir", "nowhere"}).status, 1);
    EXPECT_EQ(call({"--resume", "nowhere.h5"}).status, 1);
    const Outcome typo = call({"chekc", "m.yaml"});
    EXPECT_EQ(typo.status, 2);
    EXPECT_NE(typo.err.find("did you mean 'check'"), std::string::npos) << typo.err;
}

TEST_F(Program, HelpsWithEveryCommand) {
    for (const char* command :
         {"run", "check", "compare", "study", "encode", "devices", "reference"}) {
        const Outcome help = call({command, "--help"});
        EXPECT_EQ(help.status, 0) << command;
        EXPECT_NE(help.out.find("Example"), std::string::npos) << help.out;
    }
    EXPECT_EQ(call({"--help"}).status, 0);
    EXPECT_EQ(call({"--version"}).out.rfind("snnsim ", 0), 0u);
    EXPECT_NE(call({"devices"}).out.find("cpu"), std::string::npos);
}

}  // namespace
}  // namespace snnsim
