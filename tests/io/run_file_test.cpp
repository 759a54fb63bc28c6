// Run files: what is written comes back, and a reader never meets half a file.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"
#include "snnsim/run_record.hpp"
#include "src/io/digest.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

RunRecord sample_record() {
    RunRecord r;
    r.status = RunStatus::interrupted;
    r.provenance = {"m",
                    "m.yaml",
                    "name: m\n",
                    "abc",
                    {"train.epochs=2"},
                    7,
                    0.5,
                    "cpu",
                    "cpu, 2 threads",
                    "host",
                    "g1",
                    "0.1.0",
                    "2026-01-01T00:00:00Z",
                    "2026-01-01T00:01:00Z",
                    2};
    r.network = {0.5,
                 4,
                 Direct::Params{},
                 {{"input", 2, SpikeSource::Params{}}, {"hidden", 3, Lif::Params{}}},
                 {{"input_to_hidden", 0, 1, true, {1, 2, 3, 4, 5, 6}, {0.1f, 0.2f, 0.3f}}}};
    r.curves.step_loss = {1.0 / 3.0, 0.25};
    r.curves.step_accuracy = {0.5, 0.75};
    r.curves.step_learning_rate = {1e-3, 1e-3};
    r.curves.epoch_train_loss = {0.3};
    Evaluation& e = r.test.emplace();
    e.accuracy = 0.9;
    e.loss = 0.123456789;
    e.labels = {1, 2, 3};
    e.predictions = {1, 2, 4};
    e.counts.activity = {{"hidden", 10, 100}};
    e.counts.forward = {{"input_to_hidden", 100, 0, 60}};
    e.spikes = {{"hidden", {0, 0, 1}, {1, 4, 2}, {2, 0, 1}, 2}, {"input", {}, {}, {}, 2}};
    e.states = {{"hidden", "v", "1", 1, 4, 3, std::vector<float>(12, 0.5f)}};
    Checkpoint& c = r.checkpoint.emplace();
    c.state = {{{1, 2, 3, 4, 5, 6}}, {{0.1f, 0.2f, 0.3f}}, {{9, 8, 7}}, 42};
    c.epoch = 3;
    c.batch_in_epoch = 17;
    c.epoch_loss_sum = 0.1 + 0.2;
    c.best_accuracy = 0.8;
    c.best = TrainerState{{{6, 5, 4, 3, 2, 1}}, {{0, 0, 0}}, {}, 40};
    r.seconds = {{"train", 1.5}};
    return r;
}

class RunFile : public ::testing::Test {
  protected:
    fs::path folder = fs::temp_directory_path() / ("snnsim_run_test_" + std::to_string(getpid()));
    std::string path = (folder / "runs" / "x.h5").string();
    void TearDown() override { fs::remove_all(folder); }
    void expect_only_the_run_file() {
        for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path())) {
            EXPECT_EQ(entry.path().string(), path);
        }
    }
};

TEST_F(RunFile, ComesBackAsItWas) {
    const RunRecord a = sample_record();
    write_run(path, a);
    const RunRecord b = read_run(path);
    EXPECT_EQ(b.status, a.status);
    EXPECT_EQ(b.provenance.model_text, a.provenance.model_text);
    EXPECT_EQ(b.provenance.overrides, a.provenance.overrides);
    EXPECT_EQ(b.provenance.seed, 7u);
    EXPECT_EQ(b.curves.step_loss, a.curves.step_loss);
    EXPECT_EQ(b.curves.epoch_train_loss, a.curves.epoch_train_loss);
    EXPECT_TRUE(b.curves.epoch_validation_loss.empty());
    EXPECT_EQ(b.network.projections[0].name, "input_to_hidden");
    EXPECT_TRUE(b.network.projections[0].trainable);
    EXPECT_EQ(b.network.projections[0].weights, a.network.projections[0].weights);
    EXPECT_EQ(b.network.projections[0].bias, a.network.projections[0].bias);
    EXPECT_EQ(b.test->loss, a.test->loss);
    EXPECT_EQ(b.test->predictions, a.test->predictions);
    EXPECT_EQ(b.test->labels, a.test->labels);
    EXPECT_EQ(b.test->counts.activity[0].population, "hidden");
    EXPECT_EQ(b.test->counts.activity[0].events, 10u);
    EXPECT_EQ(b.test->counts.activity[0].possible, 100u);
    EXPECT_EQ(b.test->counts.forward[0].dense, 100u);
    EXPECT_EQ(b.test->counts.forward[0].macs, 0u);
    EXPECT_EQ(b.test->counts.forward[0].acs, 60u);
    EXPECT_EQ(b.checkpoint->epoch, 3);
    EXPECT_EQ(b.checkpoint->batch_in_epoch, 17);
    EXPECT_EQ(b.checkpoint->best_accuracy, 0.8);
    EXPECT_EQ(b.checkpoint->state.weights, a.checkpoint->state.weights);
    EXPECT_EQ(b.checkpoint->state.bias, a.checkpoint->state.bias);
    EXPECT_TRUE(b.checkpoint->best->moments.empty());
    EXPECT_EQ(b.checkpoint->state.moments, a.checkpoint->state.moments);
    EXPECT_EQ(b.checkpoint->state.updates, 42u);
    EXPECT_EQ(b.checkpoint->epoch_loss_sum, a.checkpoint->epoch_loss_sum);
    EXPECT_EQ(b.checkpoint->best->weights, a.checkpoint->best->weights);
    EXPECT_EQ(b.seconds.at("train"), 1.5);
}

TEST_F(RunFile, SpikesAreSonata) {
    write_run(path, sample_record());
    const h5::Handle file = h5::open_file(path);
    EXPECT_EQ(h5::read_vector<double>(file, "spikes/hidden/timestamps"),
              (std::vector<double>{0.5, 2.0, 3.0}));
    EXPECT_EQ(h5::read_vector<std::uint64_t>(file, "spikes/hidden/node_ids"),
              (std::vector<std::uint64_t>{2, 0, 1}));
    EXPECT_EQ(h5::count_of(file, "spikes/input/timestamps"), 0u);
    const h5::Handle group = h5::open_group(file, "spikes/hidden");
    const h5::Handle sorting(H5Aopen(group, "sorting", H5P_DEFAULT), H5Aclose, "sorting");
    const h5::Handle type(H5Aget_type(sorting), H5Tclose, "type");
    EXPECT_EQ(H5Tget_class(type), H5T_ENUM);
    EXPECT_EQ(h5::read_number<std::uint32_t>(file, "magic"), 0x0A7Au);
}

TEST_F(RunFile, OtherFilesAreToldApart) {
    fs::create_directories(folder);
    const auto message = [](const std::string& at) {
        try {
            read_run(at);
        } catch (const FileError& e) {
            return std::string(e.what());
        }
        return std::string("no error");
    };
    EXPECT_NE(message(path).find(": there is no such file"), std::string::npos);
    const std::string text = (folder / "text.h5").string(), other = (folder / "other.h5").string();
    std::ofstream(text) << "not HDF5";
    EXPECT_NE(message(text).find("cannot open"), std::string::npos);
    h5::create_file(other);
    EXPECT_NE(message(other).find("not a run file of snnsim"), std::string::npos);
    write_run(path, sample_record());
    {
        const h5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose, "open");
        ASSERT_GE(H5Ldelete(file, "training/steps/loss", H5P_DEFAULT), 0);
    }
    EXPECT_NE(message(path).find("the data set 'training/steps/loss' is missing"),
              std::string::npos);
}

/// A record of some MB, every weight of which says which one it is.
RunRecord numbered_record(std::int64_t number) {
    RunRecord r = sample_record();
    r.checkpoint->epoch = number;
    r.network.projections[0].weights.assign(600000, static_cast<float>(number));
    r.checkpoint->state.weights[0].assign(600000, static_cast<float>(number));
    return r;
}

TEST_F(RunFile, AKilledWriterLeavesACompleteFile) {
    write_run(path, numbered_record(1));
    for (int trial = 0; trial < 20; ++trial) {
        int begun[2];  // a byte for each file that the child begins to write
        ASSERT_EQ(pipe(begun), 0);
        const pid_t child = fork();
        if (child == 0) {
            for (std::int64_t number = 2;; ++number) {
                const RunRecord record = numbered_record(number);
                if (write(begun[1], "", 1) != 1) _exit(1);
                write_run(path, record);
            }
        }
        close(begun[1]);
        char byte;
        for (int file = 0; file < 1 + trial % 4; ++file) ASSERT_EQ(read(begun[0], &byte, 1), 1);
        usleep(static_cast<useconds_t>(977 * trial));  // anywhere in the file: no outcome waits
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        close(begun[0]);
        const RunRecord r = read_run(path);
        const std::vector<float> expected(600000, static_cast<float>(r.checkpoint->epoch));
        EXPECT_EQ(r.network.projections[0].weights, expected);
        EXPECT_EQ(r.checkpoint->state.weights[0], expected);
    }
    write_run(path, numbered_record(1));  // clears away what the killed ones left
    expect_only_the_run_file();
}

TEST_F(RunFile, AFullDiskKeepsTheOldFile) {
    RunRecord r = sample_record();
    write_run(path, r);
    const pid_t child = fork();
    if (child == 0) {  // a limit on file sizes stands in for the full disk
        signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{20000, 20000};
        setrlimit(RLIMIT_FSIZE, &limit);
        r.network.projections[0].weights.assign(300000, 1.0f);
        try {
            write_run(path, r);
        } catch (const FileError& e) {
            const std::string what = e.what();
            std::exit(what.find("cannot write " + path) == 0 &&
                              what.find("File too large") != what.npos
                          ? 0
                          : 2);
        }
        std::exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);  // no signal either: HDF5 crashes at exit if it may clean up
    EXPECT_EQ(read_run(path).network.projections[0].weights.size(), 6u);
    expect_only_the_run_file();
}

TEST_F(RunFile, AFolderThatCannotBeWrittenIsNamed) {
    fs::create_directories(folder);
    std::ofstream(folder / "runs") << "a file where the folder should be";
    try {
        write_run(path, sample_record());
        FAIL() << "no error";
    } catch (const FileError& e) {
        EXPECT_EQ(std::string(e.what()).find("cannot write " + path + ": "), 0u) << e.what();
    }
}

// sha256 of "hidden\n" and three little-endian words, computed with Python's hashlib.
TEST(Digest, OfOneSpike) {
    EXPECT_EQ(spike_digest(SpikeRecording{"hidden", {0}, {1}, {2}, 1}),
              "8745414315015d220b2ad9705ff94bf1cab3a1ad2b8f0e4240659e2051e37a40");
}

TEST(Digest, DoesNotDependOnTheOrderOfPopulations) {
    const SpikeRecording a{"a", {0}, {1}, {2}, 1}, b{"b", {0}, {1}, {2}, 1};
    EXPECT_EQ(spike_digest({a, b}), spike_digest({b, a}));
}

TEST(Digest, ChangesWithAnySpike) {
    const SpikeRecording a{"hidden", {0}, {1}, {2}, 1};
    SpikeRecording b = a;
    EXPECT_EQ(spike_digest(a), spike_digest(b));
    b.step[0] = 2;
    EXPECT_NE(spike_digest(a), spike_digest(b));
}

TEST(PartialPath, StandsBesideTheFile) {
    EXPECT_EQ(partial_path("runs/x.h5"), "runs/x.partial.h5");
}

}  // namespace
}  // namespace snnsim
