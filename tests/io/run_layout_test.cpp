// Where things stand in a run file, and that a reader of a damaged one is told what is wrong.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"
#include "snnsim/run_record.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

/// Two samples of three steps of 0.5 ms: an input of two, a hidden population of three.
RunRecord two_trials() {
    RunRecord r;
    r.status = RunStatus::finished;
    r.provenance.model_name = "m";
    r.provenance.dt = 0.5;
    r.network = {0.5,
                 3,
                 Direct::Params{},
                 {{"input", 2, SpikeSource::Params{}}, {"hidden", 3, Lif::Params{}}},
                 {{"input_to_hidden", 0, 1, true, {1, 2, 3, 4, 5, 6}, {}}}};
    Evaluation& e = r.test.emplace();
    e.labels = {1, 2, 3};
    e.predictions = {1, 9, 3};
    e.spikes = {{"hidden", {0, 1}, {1, 3}, {2, 0}, 2}};
    e.states = {{"hidden", "v", "mV", 2, 3, 1, {0, 1, 2, 3, 4, 5}}};
    e.counts.activity = {{"hidden", 2, 18}};
    e.counts.forward = {{"input_to_hidden", 36, 1, 2}};
    return r;
}

class RunLayout : public ::testing::Test {
  protected:
    const fs::path folder =
        fs::temp_directory_path() / ("snnsim_layout_test_" + std::to_string(getpid()));
    const std::string path = (folder / "x.h5").string();
    void SetUp() override { write_run(path, two_trials()); }
    void TearDown() override { fs::remove_all(folder); }

    std::string message() const {
        try {
            read_run(path);
        } catch (const FileError& e) {
            return e.what();
        }
        return "no error";
    }
    h5::Handle open_to_damage() const {
        return {H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose, "open"};
    }
};

std::string units_of(hid_t file, const char* path) {
    const h5::Handle set(H5Dopen2(file, path, H5P_DEFAULT), H5Dclose, path);
    return h5::read_text(set, "units");
}

TEST_F(RunLayout, SamplesLieOneAfterTheOtherAndStepsHaveTheTimeOfTheirEnd) {
    using Times = std::vector<double>;
    const h5::Handle file = h5::open_file(path);
    EXPECT_EQ(h5::read_vector<double>(file, "spikes/hidden/timestamps"), (Times{0.5, 3.0}));
    EXPECT_EQ(h5::read_vector<std::uint32_t>(file, "spikes/hidden/trial"),
              (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(h5::read_vector<double>(file, "trials/start"), (Times{0.0, 1.5}));
    EXPECT_EQ(h5::read_vector<double>(file, "trials/stop"), (Times{1.5, 3.0}));
    EXPECT_EQ(h5::read_vector<std::uint8_t>(file, "trials/label"),
              (std::vector<std::uint8_t>{1, 2}));
    EXPECT_EQ(h5::read_vector<std::uint8_t>(file, "trials/prediction"),
              (std::vector<std::uint8_t>{1, 9}));
    EXPECT_EQ(h5::read_vector<double>(file, "state/hidden/v_time"),
              (Times{0.5, 1.0, 1.5, 2.0, 2.5, 3.0}));
    EXPECT_EQ(units_of(file, "spikes/hidden/timestamps"), "ms");
    EXPECT_EQ(units_of(file, "trials/stop"), "ms");
    EXPECT_EQ(units_of(file, "state/hidden/v"), "mV");
    EXPECT_EQ(units_of(file, "state/hidden/v_time"), "ms");
}

TEST_F(RunLayout, TheRowOfAConfusionMatrixIsTheLabel) {
    const h5::Handle file = h5::open_file(path);
    const auto confusion = h5::read_vector<std::uint64_t>(file, "test/confusion");
    ASSERT_EQ(confusion.size(), 100u);
    EXPECT_EQ(confusion[1 * 10 + 1], 1u);
    EXPECT_EQ(confusion[2 * 10 + 9], 1u);
    EXPECT_EQ(confusion[9 * 10 + 2], 0u);
}

TEST_F(RunLayout, ParametersHaveUnits) {
    const h5::Handle file = h5::open_file(path);
    const h5::Handle hidden = h5::open_group(file, "network/hidden");
    EXPECT_EQ(h5::read_number<std::int64_t>(hidden, "size"), 3);
    EXPECT_EQ(h5::read_text(hidden, "model"), "lif");
    EXPECT_EQ(h5::read_number<double>(hidden, "tau_m"), static_cast<double>(Lif::Params{}.tau_m));
    EXPECT_EQ(h5::read_text(hidden, "tau_m_units"), "ms");
}

TEST_F(RunLayout, ADamagedFileIsNamedWithWhatIsWrong) {
    { h5::check(H5Adelete(open_to_damage(), "seed"), "delete"); }
    EXPECT_EQ(message().find(path + ": the attribute 'seed' is missing"), 0u) << message();
    {
        const h5::Handle file = open_to_damage();
        const std::uint64_t seeds[2] = {1, 2};
        h5::write_attribute(file, "seed", H5T_NATIVE_UINT64, {2}, seeds);
    }
    EXPECT_EQ(message().find(path + ": the attribute 'seed' is not one number"), 0u) << message();
    fs::resize_file(path, 3000);
    EXPECT_EQ(message().find("cannot open " + path + " as an HDF5 file: it is cut off"), 0u)
        << message();
}

TEST_F(RunLayout, MeasuredEnergyComesBackAndWhatIsUnavailableHasNoNumber) {
    RunRecord r = two_trials();
    r.measured.accounting = {1.2, 0.4};
    r.measured.phases["train"] = {8.0,
                                  {{"package-0", {"RAPL counter", {3.6e6, ""}, {1.5, ""}, "short"}},
                                   {"gpu", {"", {0.0, "no NVML"}, {0.0, "no NVML"}, ""}}}};
    write_run(path, r);
    const MeasuredEnergy back = read_run(path).measured;
    EXPECT_EQ(back.accounting.pue, 1.2);
    EXPECT_EQ(back.accounting.co2e, 0.4);
    const PhaseEnergy& train = back.phases.at("train");
    EXPECT_EQ(train.seconds, 8.0);
    EXPECT_EQ(train.domains.at("package-0").used.value, 3.6e6);
    EXPECT_EQ(train.domains.at("package-0").idle.value, 1.5);
    EXPECT_EQ(train.domains.at("package-0").note, "short");
    EXPECT_EQ(train.domains.at("gpu").used.unavailable, "no NVML");

    const h5::Handle file = h5::open_file(path);
    const h5::Handle all = h5::open_group(file, "energy/measured");
    EXPECT_DOUBLE_EQ(h5::read_number<double>(all, "energy_with_pue"), 1.2);
    EXPECT_DOUBLE_EQ(h5::read_number<double>(all, "co2e"), 0.48);
    EXPECT_EQ(h5::read_text(all, "joules_without"), "gpu (no NVML)");
    EXPECT_FALSE(h5::has_attribute(h5::open_group(file, "energy/measured/train/gpu"), "joules"));
}

TEST_F(RunLayout, ALongModelFileFits) {
    RunRecord r = two_trials();  // HDF5 keeps no attribute over 64 KB, but texts of any length
    r.provenance.model_text = std::string(200000, '#');
    write_run(path, r);
    EXPECT_EQ(read_run(path).provenance.model_text.size(), 200000u);
}

}  // namespace
}  // namespace snnsim
