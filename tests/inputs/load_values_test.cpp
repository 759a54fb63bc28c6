// Values of cells and waveforms from files, through both engines.
#include "src/inputs/load_values.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"
#include "snnsim/read_model.hpp"
#include "src/inputs/load_edges.hpp"
#include "src/inputs/load_inputs.hpp"
#include "src/io/digest.hpp"
#include "src/io/hdf5.hpp"
#include "tests/engine/serial_engine.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

class LoadValues : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("snnsim_values_" +
                   std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    void text(const std::string& name, const std::string& content) const {
        std::ofstream(path(name), std::ios::binary) << content;
    }
    void npy(const std::string& name, const std::string& shape,
             const std::vector<double>& values) const {
        const std::string header =
            "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }\n";
        std::string bytes("\x93NUMPY\x01\0", 8);
        bytes += static_cast<char>(header.size());
        bytes += '\0';
        bytes += header;
        bytes.append(reinterpret_cast<const char*>(values.data()), 8 * values.size());
        text(name, bytes);
    }
    SimulationSpec load(const std::string& cell, const std::string& stimuli = "") const {
        SimulationSpec spec = parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 10 ms}\npopulations:\n"
            "  a: {model: iaf_psc_exp, size: 3" +
                cell + "}\n" + (stimuli.empty() ? "" : "stimuli: [" + stimuli + "]\n") +
                "record: [{population: a, what: v}, {population: a, what: current}]\n",
            path("m.yaml"));
        load_values(spec);
        return spec;
    }
    void expect_error(const std::string& cell, const std::string& stimuli,
                      const std::string& part) const {
        try {
            load(cell, stimuli);
            ADD_FAILURE() << "no error: " << part;
        } catch (const Error& e) {
            EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
        }
    }
    static std::vector<float> recorded(const SimulationSpec& spec, std::size_t record,
                                       bool serial) {
        const auto engine =
            serial ? make_serial_engine(spec, {}) : make_engine(spec, {.threads = 2});
        engine->advance(100);
        return engine->take_states()[record].values;
    }

  private:
    fs::path folder_;
};

TEST_F(LoadValues, EachCellHasItsOwnFromEveryFormat) {
    npy("v.npy", "(3,)", {-61.0, -62.5, -63.25});
    text("v.csv", "cell,v (V)\n0,-0.061\n1,-0.0625\n2,-0.06325\n");
    {
        const h5::Handle file = h5::create_file(path("v.h5"));
        h5::write_vector(file, "some/v", std::vector<double>{-61.0, -62.5, -63.25}, "mV");
    }
    for (const std::string given :
         {"{values: [-61 mV, -62.5 mV, -63.25 mV]}", "{values: [-61, -62.5, -63.25], unit: mV}",
          "{file: v.npy, unit: mV}", "{file: v.csv, column: v}", "{file: v.h5, dataset: some/v}"}) {
        const SimulationSpec spec = load(", tau_m: 1000000 s, initial: {v: " + given + "}");
        for (const bool serial : {false, true}) {
            const std::vector<float> v = recorded(spec, 0, serial);
            EXPECT_NEAR(v[0], -61.0, 1e-4) << given;
            EXPECT_NEAR(v[1], -62.5, 1e-4) << given;
            EXPECT_NEAR(v[2], -63.25, 1e-4) << given;
        }
    }
}

TEST_F(LoadValues, ParametersAndCurrents) {
    npy("i.npy", "(3,)", {0.1, 0.2, 0.4});
    // The membrane after t: i tau / c (1 - e^(-t/tau)), from e_l.
    const std::string still = ", v_th: 1000 mV, e_l: -70 mV, c_m: 250 pF, tau_m: 10 ms";
    const double per_pa = 10.0 / 250.0 * (1.0 - std::exp(-1.0));
    for (const bool serial : {false, true}) {
        const std::vector<float> a =
            recorded(load(still + ", i_e: {file: i.npy, unit: nA}"), 0, serial);
        const std::vector<float> b =
            recorded(load(still + ", i_e: {linspace: [100 pA, 300 pA]}"), 0, serial);
        const std::vector<float> c = recorded(
            load(still, "{to: a, kind: dc, amplitude: {file: i.npy, unit: nA}}"), 0, serial);
        for (std::size_t k = 0; k < 3; ++k) {
            const double pa = k == 0 ? 100.0 : k == 1 ? 200.0 : 400.0;
            EXPECT_NEAR(a[3 * 99 + k], -70.0 + pa * per_pa, 1e-4);
            EXPECT_NEAR(c[3 * 99 + k], -70.0 + pa * per_pa, 1e-4);
            EXPECT_NEAR(b[3 * 99 + k], -70.0 + 100.0 * static_cast<double>(k + 1) * per_pa, 1e-4);
        }
    }
}

TEST_F(LoadValues, TimesThatAreRoundedAreToldOf) {
    npy("t.npy", "(3,)", {2.0, 0.25, 1.03});
    text("fine.csv", "t_ref (ms)\n2\n0.3\n1\n");
    text("w.csv", "time (ms),i (pA)\n2,1\n2.25,4\n3,1\n");
    npy("i.npy", "(3,)", {1.0, 2.0, 3.0});
    const auto expect_one = [](const SimulationSpec& spec, const std::string& part) {
        ASSERT_EQ(spec.warnings.size(), 1u) << part;
        EXPECT_NE(spec.warnings[0].find(part), std::string::npos) << spec.warnings[0];
        EXPECT_NE(spec.warnings[0].find("m.yaml:"), std::string::npos) << spec.warnings[0];
    };
    expect_one(
        load(", t_ref: {file: t.npy, unit: ms}"),
        "2 of 3 values of t.npy, t_ref, are no whole numbers of dt (0.1 ms) and are rounded; "
        "the first, 0.25 ms, becomes 0.3 ms");
    EXPECT_TRUE(load(", t_ref: {file: fine.csv, column: t_ref}").warnings.empty());
    EXPECT_TRUE(load(", t_ref: {values: [1 ms, 2 ms, 3 ms]}").warnings.empty());
    expect_one(
        load("", "{to: a, kind: waveform, file: w.csv}"),
        "1 of 3 times of the waveform w.csv is no whole number of dt (0.1 ms) and is rounded; "
        "the first, 2.25 ms, becomes 2.3 ms");
    // 0, 0.25, 0.5 ms
    expect_one(load("", "{to: a, kind: waveform, file: i.npy, unit: pA, interval: 0.25 ms}"),
               "1 of 3 times of the waveform i.npy is");
    EXPECT_TRUE(load("", "{to: a, kind: waveform, file: i.npy, unit: pA, interval: 0.3 ms}")
                    .warnings.empty());
}

TEST_F(LoadValues, RatesAndFrequenciesOfSourcesFitTheStep) {
    npy("fine.npy", "(3,)", {1.0, 4.9, 2.0});
    npy("high.npy", "(3,)", {1.0, 6.0, 2.0});
    const auto error = [&](const std::string& source, const std::string& stimulus) -> std::string {
        SimulationSpec spec = parse_simulation(
            "name: test\ndt: 0.1 ms\nsimulate: {duration: 10 ms}\npopulations:\n"
            "  a: {model: poisson_source, size: 3, " +
                source + "}\n" + (stimulus.empty() ? "" : "stimuli: [{to: a, " + stimulus + "}]\n"),
            path("m.yaml"));
        try {
            load_values(spec);
        } catch (const DataError& e) {
            return e.what();
        }
        return "";
    };
    const auto expect_has = [](const std::string& text, const std::string& part) {
        EXPECT_NE(text.find(part), std::string::npos) << text;
    };
    const std::string modulated = "rate: 10 Hz, amplitude: 1 Hz, frequency: ";
    EXPECT_EQ(error(modulated + "{file: fine.npy, unit: kHz}", ""), "");
    expect_has(error(modulated + "{file: high.npy, unit: kHz}", ""),
               "frequency (6000 Hz) must be less than 1 / (2 dt), which is 5000 Hz");
    const std::string waveform = "kind: waveform, unit: kHz, interval: 1 ms, start: 2 ms, file: ";
    EXPECT_EQ(error("rate: 5.1 kHz", waveform + "fine.npy"), "");
    expect_has(error("rate: 4.1 kHz", waveform + "high.npy"),
               "the rate of 'a' (4100 Hz) and its stimuli come to 10100 Hz at 3 ms");
    EXPECT_EQ(error("rate: 5.1 kHz", "kind: dc, amplitude: {file: fine.npy, unit: kHz}"), "");
    expect_has(error("rate: 4.1 kHz", "kind: dc, amplitude: {file: high.npy, unit: kHz}"),
               "come to 10100 Hz at 0 ms");
    expect_has(error("rate: {file: fine.npy, unit: kHz}", "kind: dc, amplitude: 5.2 kHz"),
               "come to 10100 Hz at 0 ms");
}

TEST_F(LoadValues, Waveforms) {
    npy("common.npy", "(4,)", {1.0, -2.0, 3.0, 5.0});
    npy("cells.npy", "(2, 3)", {1, 2, 3, 10, 20, 30});
    text("times.csv", "time (ms),i (nA)\n2,0.001\n2.25,0.004\n");
    {
        const h5::Handle file = h5::create_file(path("w.h5"));
        h5::write_vector(file, "w/i", std::vector<double>{1, 2, 3, 10, 20, 30}, "pA", {2, 3});
        h5::write_vector(file, "w/times", std::vector<double>{0.002, 0.0025}, "s");
    }
    const auto at = [](const std::vector<float>& values, double ms, std::size_t cell) {
        return values[3 * (static_cast<std::size_t>(std::lround(ms * 10.0)) - 1) + cell];
    };
    for (const bool serial : {false, true}) {
        const auto currents = [&](const std::string& keys) {
            return recorded(load("", "{to: a, kind: waveform, " + keys + "}"), 1, serial);
        };
        const auto common = currents("file: common.npy, unit: pA, interval: 0.5 ms, start: 1 ms");
        const double times[] = {1.0, 1.1, 1.5, 1.6, 2.0, 2.1, 2.6, 3.0, 3.1};
        const float wanted[] = {0, 1, 1, -2, -2, 3, 5, 5, 0};
        for (std::size_t k = 0; k < 9; ++k)
            EXPECT_EQ(at(common, times[k], k % 3), wanted[k]) << times[k];
        const auto cells = currents("file: cells.npy, unit: pA, interval: 1 ms");
        for (std::size_t c = 0; c < 3; ++c) {
            EXPECT_EQ(at(cells, 0.1, c), static_cast<float>(c + 1));
            EXPECT_EQ(at(cells, 1.0, c), static_cast<float>(c + 1));
            EXPECT_EQ(at(cells, 1.1, c), static_cast<float>(10 * (c + 1)));
            EXPECT_EQ(at(cells, 2.0, c), static_cast<float>(10 * (c + 1)));
            EXPECT_EQ(at(cells, 2.1, c), 0.0f);
        }
        const auto timed = currents("file: times.csv");
        EXPECT_EQ(at(timed, 2.0, 0), 0.0f);
        EXPECT_EQ(at(timed, 2.1, 0), 1.0f);
        EXPECT_EQ(at(timed, 2.3, 0), 1.0f);  // 2.25 ms is step 23: from the one after it on
        EXPECT_EQ(at(timed, 2.4, 0), 4.0f);
        EXPECT_EQ(at(timed, 10.0, 0), 4.0f);
        const auto of_h5 = currents("file: w.h5, dataset: w/i");
        EXPECT_EQ(at(of_h5, 2.0, 2), 0.0f);
        EXPECT_EQ(at(of_h5, 2.5, 2), 3.0f);
        EXPECT_EQ(at(of_h5, 2.6, 2), 30.0f);
    }
}

TEST_F(LoadValues, RowsAfterTheEndAreTold) {
    npy("long.npy", "(8,)", {1, 2, 3, 4, 5, 6, 7, 8});
    const auto warnings = [&](const std::string& interval) {
        return load("",
                    "{to: a, kind: waveform, file: long.npy, unit: pA, interval: " + interval + "}")
            .warnings;
    };
    EXPECT_TRUE(warnings("0.5 ms").empty());
    ASSERT_EQ(warnings("2 ms").size(), 1u);
    EXPECT_NE(warnings("2 ms")[0].find("3 of the 8 rows of the waveform begin not before the end "
                                       "of the run (10 ms), the first at 10 ms"),
              std::string::npos)
        << warnings("2 ms")[0];
}

TEST_F(LoadValues, FilesAreInputsOfARun) {
    npy("v.npy", "(3,)", {-61.0, -62.5, -63.25});
    npy("w.npy", "(1,)", {1.0});
    const SimulationSpec spec = load(", initial: {v: {file: v.npy, unit: mV}}",
                                     "{to: a, kind: waveform, file: w.npy, unit: pA, interval: 1 "
                                     "ms}");
    const std::vector<std::string> lines = input_files(spec);
    ASSERT_EQ(lines.size(), 2u);
    for (const char* const name : {"v.npy", "w.npy"}) {
        const std::string wanted = file_sha256(path(name)) + "  " + path(name);
        EXPECT_EQ(std::count(lines.begin(), lines.end(), wanted), 1) << wanted;
    }
}

TEST_F(LoadValues, WhatIsWrongWithAFileIsSaid) {
    npy("v.npy", "(3,)", {-61.0, -62.5, -63.25});
    npy("two.npy", "(2,)", {1.0, 2.0});
    npy("nan.npy", "(3,)", {1.0, std::nan(""), 2.0});
    npy("huge.npy", "(3,)", {1.0, 1e39, 2.0});
    npy("short.npy", "(3,)", {1.0, 0.04, 2.0});
    npy("negative.npy", "(3,)", {1.0, -1.0, 2.0});
    text("v.csv", "x,y\n1,2\n3,4\n5,6\n");
    text("unit.csv", "x (mV)\n1\n3\n5\n");
    const auto i_e = [](const std::string& keys) { return ", i_e: {" + keys + "}"; };
    expect_error(i_e("file: v.npy"), "", "m.yaml:5:48: ");
    expect_error(i_e("file: v.npy"), "", "it does not say its unit: add 'unit: pA' to i_e");
    expect_error(i_e("file: v.npy, unit: mV"), "", "a voltage");
    expect_error(i_e("file: unit.csv"), "", "a voltage");
    expect_error(i_e("file: unit.csv, unit: pA"), "", "it says that i_e is in mV, and the model");
    expect_error(i_e("file: two.npy, unit: pA"), "", "it has 2 values, but 'a' has 3 cells");
    expect_error(i_e("file: v.csv, unit: pA"), "", "it has 2 columns; i_e needs one");
    expect_error(i_e("file: v.csv, unit: pA, column: z"), "", "there is no column 'z'");
    expect_error(i_e("file: none.npy, unit: pA"), "", "there is no such file");
    expect_error(i_e("file: nan.npy, unit: pA"), "", "value 1 (from 0) of i_e is nan pA");
    expect_error(i_e("file: huge.npy, unit: pA"), "", "value 1 (from 0) of i_e is 1e+39 pA");
    expect_error(i_e("file: v.txt, unit: pA"), "", "file must end in .npy, .csv, .h5 or .hdf5");
    expect_error(i_e("file: v.h5, unit: pA"), "", "add the key 'dataset'");
    expect_error(i_e("file: v.npy, unit: pA, column: x"), "", "column is for .csv files");
    expect_error(i_e("values: [1 pA, 2 pA]"), "", "i_e has 2 values, but 'a' has 3 cells");
    expect_error(i_e("values: [1 pA, 2 mV, 3 pA]"), "", "a voltage");
    expect_error(i_e("values: 3"), "", "values must be a list");
    expect_error(i_e("linspace: [1 pA]"), "", "linspace is a list of two values");
    expect_error(i_e("values: [1 pA, 2 pA, 3 pA], mean: 2 pA"), "", "unknown key 'mean'");
    expect_error(", t_ref: {file: short.npy, unit: ms}", "", "would become 0");
    expect_error(", tau_m: {file: negative.npy, unit: ms}", "", "it must be greater than 0");
    expect_error(", v_reset: {file: v.npy, unit: mV}, v_th: -62 mV", "", "must lie below v_th");
    const auto waveform = [](const std::string& keys) {
        return "{to: a, kind: waveform, " + keys + "}";
    };
    expect_error("", waveform("file: two.npy, unit: pA"), "is missing the key 'interval'");
    expect_error("", waveform("file: two.npy, unit: pA, interval: 0.04 ms"), "shorter than dt");
    expect_error("", waveform("file: two.npy, interval: 1 ms"), "does not say its unit");
    expect_error("", waveform("file: v.csv, unit: pA, interval: 1 ms"),
                 "it has 2 currents at a time; one is for all cells, 3 would be those of 'a'");
    expect_error("", waveform("file: v.csv, unit: pA"), "there is no column 'time'");
    text("t.csv", "time (ms),i (pA)\n1,1\n1.04,2\n");
    expect_error("", waveform("file: t.csv"), "times must ascend by a dt (0.1 ms) at least");
    text("t.csv", "time,i (pA)\n1,1\n2,2\n");
    expect_error("", waveform("file: t.csv"), "its times have no unit");
}

}  // namespace
}  // namespace snnsim
