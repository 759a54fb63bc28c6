// What may be written over, who writes what, when a run saves, and how large its file will be.
#include "src/run/outputs.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/io/hdf5.hpp"
#include "src/plan/run_size.hpp"
#include "src/run/checkpoint_clock.hpp"
#include "src/run/interrupt.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

class Outputs : public ::testing::Test {
  protected:
    fs::path folder =
        fs::temp_directory_path() / ("snnsim_outputs_test_" + std::to_string(getpid()));

    void SetUp() override { fs::create_directories(folder); }
    void TearDown() override { fs::remove_all(folder); }

    std::string at(const std::string& name) const { return (folder / name).string(); }
    std::string text(const std::string& name, const std::string& content) const {
        std::ofstream(at(name)) << content;
        return at(name);
    }
    std::string hdf5(const std::string& name, const std::string& format) const {
        h5::Handle file = h5::create_file(at(name));
        if (!format.empty()) h5::write_text(file, "format", format);
        file.close("test");
        return at(name);
    }
};

template <class F>
std::string usage_error(F&& f) {
    try {
        f();
    } catch (const UsageError& e) {
        return e.what();
    }
    return "";
}
void expect_has(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << "wanted: " << part << "\nsays: " << text;
}

TEST_F(Outputs, AnInputIsKnownByEachOfItsNames) {
    const std::string model = text("model.yaml", "name: m\n");
    fs::create_symlink(model, at("link.h5"));
    fs::create_hard_link(model, at("hard.h5"));
    fs::create_directory_symlink(folder, at("same"));
    const std::vector<InputFile> inputs{
        {"", "nothing"}, {at("absent"), "absent"}, {model, "the model"}};
    for (const std::string& name : {at("model.yaml"), at("./model.yaml"), at("link.h5"),
                                    at("hard.h5"), at("same/model.yaml")})
        expect_has(usage_error([&] {
                       require_no_input({at("new.h5"), name}, inputs);
                   }),
                   "is the model");
    EXPECT_EQ(usage_error([&] {
                  require_no_input({at("new.h5"), text("o.h5", "x")}, inputs);
              }),
              "");
}

TEST_F(Outputs, ForceReplacesFilesOfOneKind) {
    const OwnFile run = own_run_file();
    const auto forced = [&](const std::string& path, const OwnFile& kind) {
        return usage_error([&] { require_free(path, kind, true); });
    };
    const auto unforced = [&](const std::string& path, const OwnFile& kind) {
        return usage_error([&] { require_free(path, kind, false); });
    };
    EXPECT_EQ(unforced(at("new.h5"), run), "");
    EXPECT_EQ(forced(hdf5("run.h5", "snnsim run"), run), "");
    expect_has(unforced(at("run.h5"), run), "exists already; --force overwrites it");
    for (const std::string& other :
         {text("m.yaml", "name: m\n"), hdf5("edges.h5", ""), hdf5("study.h5", "snnsim study"),
          text("empty.h5", ""), text("cut.h5", "\x89HDF\r\n\x1a\n")}) {
        expect_has(forced(other, run), "is no run file of snnsim, so it is not replaced");
        expect_has(unforced(other, run), "is no run file of snnsim");
    }
    expect_has(forced(folder.string(), run), "is a folder");
    expect_has(forced("/dev/null", run), "is a device or a pipe");
    const OwnFile table = own_text("table", "model,accuracy\nx,1\n");
    EXPECT_EQ(table.begins, "model");
    EXPECT_EQ(forced(text("old.csv", "model,other\n"), table), "");
    expect_has(forced(text("edges.csv", "source,target\n0,1\n"), table), "is no table");
    EXPECT_EQ(own_text("json", "{\n \"run\": 1, \"b\": 2}").begins, "{\n \"run\"");
}

TEST_F(Outputs, UnfinishedFormsAreReplacedOnlyWhereTheyAreOurs) {
    const auto told = [&] { return usage_error([&] { require_replaceable_run(at("x.h5")); }); };
    EXPECT_EQ(told(), "");
    hdf5("x.h5", "snnsim run");
    hdf5("x.partial.h5", "snnsim run");
    hdf5("x.checkpoint.h5", "snnsim checkpoint");
    EXPECT_EQ(told(), "");
    text("x.checkpoint.h5", "notes");
    expect_has(told(), "x.checkpoint.h5 is no");
    hdf5("x.checkpoint.h5", "snnsim run");
    expect_has(told(), "x.checkpoint.h5 is no");
    fs::remove(at("x.checkpoint.h5"));
    text("x.partial.h5", "notes");
    expect_has(told(), "x.partial.h5 is no");
    for (const char* name : {"y.partial.h5", "y.checkpoint.h5"})
        expect_has(usage_error([&] { require_replaceable_run(at(name)); }),
                   "that of an unfinished run");
}

/// A process that holds a claim until it is told to end.
class Holder {
  public:
    explicit Holder(const std::string& path) {
        int ready[2];
        if (pipe(ready) != 0) std::abort();
        child_ = fork();
        if (child_ == 0) {
            const OutputClaim claim(path);
            (void)!write(ready[1], "x", 1);
            for (;;) pause();
        }
        char x = 0;
        (void)!read(ready[0], &x, 1);
        close(ready[0]);
        close(ready[1]);
    }
    ~Holder() { end(); }
    pid_t pid() const { return child_; }
    void end() {
        if (child_ > 0) {
            kill(child_, SIGKILL);
            waitpid(child_, nullptr, 0);
        }
        child_ = 0;
    }

  private:
    pid_t child_ = 0;
};

TEST_F(Outputs, OneProcessWritesARunFile) {
    const std::string path = at("new/x.h5"), lock = at("new/x.lock");
    Holder holder(path);
    const std::string told = usage_error([&] { OutputClaim claim(path); });
    expect_has(told, "x.h5 is being written by process " + std::to_string(holder.pid()) + ";");
    // Its checkpoint would be the same, and so is the folder by another name.
    expect_has(usage_error([&] { OutputClaim claim(at("new/x.hdf5")); }), "is being written");
    fs::create_directory_symlink(at("new"), at("other"));
    expect_has(usage_error([&] { OutputClaim claim(at("other/x.h5")); }), "is being written");
    { OutputClaim free(at("new/y.h5")); }
    holder.end();  // killed: its lock file stays, and bars nobody
    EXPECT_TRUE(fs::exists(lock));
    {
        OutputClaim claim(path);
        EXPECT_TRUE(fs::exists(lock));
        expect_has(usage_error([&] { OutputClaim twice(path); }),
                   "by process " + std::to_string(getpid()));
    }
    EXPECT_FALSE(fs::exists(lock));
    EXPECT_FALSE(fs::exists(at("new/y.lock")));
}

TEST_F(Outputs, AFileOfTheNameOfALockStays) {
    text("x.lock", "my notes");
    expect_has(usage_error([&] { OutputClaim claim(at("x.h5")); }), "x.lock is in the way");
    std::ifstream file(at("x.lock"));
    std::string content;
    std::getline(file, content);
    EXPECT_EQ(content, "my notes");
}

TEST(CheckpointClock, TheFirstComesSoonTheOthersAsAsked) {
    EXPECT_LT(first_checkpoint, 10.0);
    CheckpointClock seldom(3600.0);
    EXPECT_FALSE(seldom.due(first_checkpoint - 0.1));
    EXPECT_TRUE(seldom.due(first_checkpoint));
    seldom.saved(first_checkpoint);
    EXPECT_FALSE(seldom.due(first_checkpoint + 3599.0));
    EXPECT_TRUE(seldom.due(first_checkpoint + 3600.0));
    CheckpointClock often(0.5);
    EXPECT_TRUE(often.due(0.5));
    EXPECT_TRUE(CheckpointClock(0.0).due(0.0));
}

TEST(Interrupt, AHangupIsAQuestionUnlessNohupSaysOtherwise) {
    for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
        const InterruptGuard guard;
        EXPECT_FALSE(InterruptGuard::asked());
        raise(number);
        EXPECT_TRUE(InterruptGuard::asked()) << number;
        raise(SIGHUP);  // of the shell, after that of the terminal: it must not end the program
    }
    std::signal(SIGHUP, SIG_IGN);
    {
        const InterruptGuard guard;
        raise(SIGHUP);
        EXPECT_FALSE(InterruptGuard::asked());
    }
    std::signal(SIGHUP, SIG_DFL);
}

double bytes_of(const std::vector<FilePart>& parts, const std::string& name, bool at_most = false) {
    for (const FilePart& p : parts) {
        if (p.name != name) continue;
        EXPECT_EQ(p.at_most, at_most) << name;
        return p.bytes;
    }
    ADD_FAILURE() << "no part " << name;
    return 0.0;
}

TEST(RunSize, OfASimulation) {
    const SimulationSpec spec = parse_simulation(R"(name: n
dt: 0.1 ms
simulate: {duration: 10 s}
populations:
  S: {size: 1000, model: poisson_source, rate: 20 Hz}
  R: {size: 10, model: regular_source, rate: 100 Hz}
  E: {size: 500, model: iaf_psc_exp, t_ref: 2 ms}
projections:
  - {from: S, to: E, connect: all_to_all, weight: 1 pA,
     plasticity: {rule: stdp, a_plus: 0.01, a_minus: 0.0105, tau_plus: 20 ms, tau_minus: 20 ms, w_max: 2 pA}}
record:
  - {population: S, what: spikes}
  - {population: R, what: spikes, cells: 4}
  - {population: E, what: spikes, cells: 50}
  - {population: E, what: v, cells: 20, interval: 1 ms}
  - {population: E, what: rate, interval: 10 ms}
  - {projection: S_to_E, what: weight, interval: 1 s}
)",
                                                 "n.yaml");
    const std::vector<FilePart> parts = run_file_parts(spec);
    EXPECT_DOUBLE_EQ(bytes_of(parts, "spikes of S"), 16.0 * 1000 * 20 * 10);
    EXPECT_DOUBLE_EQ(bytes_of(parts, "spikes of R"), 16.0 * 4 * 100 * 10);
    EXPECT_DOUBLE_EQ(bytes_of(parts, "spikes of E", true), 16.0 * 50 * 5000);  // each 2 ms
    EXPECT_DOUBLE_EQ(bytes_of(parts, "v of E"), 10000 * (4.0 * 20 + 8.0) + 8.0 * 20);
    EXPECT_DOUBLE_EQ(bytes_of(parts, "rate of E"), 1000 * 12.0);
    EXPECT_DOUBLE_EQ(bytes_of(parts, "weight of S_to_E"), 10 * (4.0 * 500e3 + 8.0));
    const std::string told = run_file_text(parts);
    expect_has(told, "with all spikes that the cells can send");
    expect_has(told, "<= 4 MB");
}

TEST(RunSize, WeightsAreWholeMatricesAndSayWhichThereAreOrSynapses) {
    ModelSpec spec = parse_model(R"(name: m
dt: 1 ms
data: {set: mnist, encode: {scheme: direct}}
populations:
  a: {size: 784, model: spike_source}
  b: {size: 100, model: relu}
  c: {size: 10, model: linear}
projections:
  - {from: a, to: b, connect: {rule: fixed_probability, p: 0.5}, bias: true}
  - {from: b, to: c}
)",
                                 "m.yaml");
    EXPECT_DOUBLE_EQ(bytes_of(run_file_parts(spec), "weights"),
                     5.0 * 784 * 100 + 4.0 * 100 + 4.0 * 100 * 10);
    spec.projections[0].connect.p = 0.1;
    EXPECT_DOUBLE_EQ(bytes_of(run_file_parts(spec), "weights"),
                     12.0 * 0.1 * 784 * 100 + 4.0 * 100 + 4.0 * 100 * 10);
}

TEST(RunSize, TooLittleRoomIsAnErrorAndAVeryLargeFileAWarning) {
    const std::vector<FilePart> parts{{"v of E", 3e9}, {"spikes of E", 1e15, true}, {"rest", 1e6}};
    EXPECT_EQ(require_disk_room(parts, "x.h5", 6.1e9), "");
    try {
        require_disk_room(parts, "x.h5", 6.0e9);
        ADD_FAILURE() << "no error";
    } catch (const FileError& e) {
        expect_has(e.what(),
                   "x.h5 will have about 3.0 GB, and needs twice that while it is written; "
                   "6.0 GB are free");
        expect_has(e.what(), "\n     3.0 GB  v of E");
    }
    expect_has(
        require_disk_room({{"v of E", 11e9}}, "x.h5", std::numeric_limits<double>::infinity()),
        "warning: x.h5 will have about 11.0 GB");
    EXPECT_EQ(require_disk_room({{"v of E", 9e9}}, "x.h5", 1e12), "");
    expect_has(
        disk_problem({{"v of E", 4000008e9}}, "x.h5", 1073.7e9),
        "x.h5 will have about 4000 TB, and needs twice that while it is written; 1.07 TB are "
        "free");
    EXPECT_EQ(disk_problem(parts, "x.h5", 6.1e9), "");
    EXPECT_EQ(very_large_file({{"v of E", 11e9}}, "x.h5"), "x.h5 will have about 11.0 GB");
    EXPECT_EQ(very_large_file({{"v of E", 9e9}}, "x.h5"), "");
    EXPECT_GT(free_space("."), 0.0);
    EXPECT_GT(free_space("/no/such/folder/x.h5"), 0.0);
}

}  // namespace
}  // namespace snnsim
