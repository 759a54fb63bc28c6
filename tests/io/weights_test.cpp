// Weights and biases from files of every kind, and what is said of those that do not fit.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/npz.hpp"
#include "src/io/read_weights.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;
using Floats = std::vector<float>;

const WeightShape two_to_three{"a_to_b", "a", "b", 2, 3};
const Floats six{1, 2, 3, 4, 5, 6};

std::string sample(const std::string& name) {
    return std::string(SNNSIM_SOURCE_DIR) + "/tests/data/arrays/" + name;
}

class Weights : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(folder_); }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    /// An HDF5 file with these data sets.
    std::string hdf5(const std::vector<NpyEntry>& sets, const std::string& format = "") const {
        const std::string file = path("x.h5");
        const h5::Handle root = h5::create_file(file);
        if (!format.empty()) {
            h5::write_text(root, "format", format);
            h5::write_text(root, "snnsim_version", "0.0.1");
        }
        for (const NpyEntry& set : sets) {
            const fs::path group = fs::path(set.name).parent_path();
            if (!group.empty()) h5::make_group(root, group.string());
            const h5::Dims dims(set.shape.begin(), set.shape.end());
            const hid_t type = set.type == "<f4" ? H5T_NATIVE_FLOAT : H5T_NATIVE_UINT32;
            h5::write_array(root, set.name, type, dims, set.bytes.data(), "mV");
        }
        return file;
    }
    std::string npz(const std::vector<NpyEntry>& arrays) const {
        write_npz(path("x.npz"), arrays);
        return path("x.npz");
    }
    std::string npy(const NpyEntry& array) const {
        write_npy(path("x.npy"), array);
        return path("x.npy");
    }

    const fs::path folder_ =
        fs::path(testing::TempDir()) / ("snnsim_weights_test_" + std::to_string(getpid()));
};

template <class Call>
std::string error_of(Call call) {
    try {
        call();
    } catch (const FileError& e) {
        return e.what();
    }
    return "none";
}
void expect_in(const std::string& error, const std::string& part) {
    EXPECT_NE(error.find(part), std::string::npos) << error;
}
std::string error_of_weights(const std::string& path, const std::string& dataset = "",
                             const WeightShape& shape = two_to_three) {
    return error_of([&] { read_weights(path, dataset, shape); });
}

TEST_F(Weights, OfArrays) {
    EXPECT_EQ(read_weights(npy(npy_entry("", {2, 3}, six)), "", two_to_three).dense, six);
    const Floats bias{7, 8, 9};
    EXPECT_EQ(read_bias(npy(npy_entry("", {3}, bias)), "", two_to_three), bias);

    // By its name, by that of the projection, or as the only matrix.
    const Floats zeros(6);
    const std::string many = npz({npy_entry("w", {2, 3}, six), npy_entry("a_to_b", {2, 3}, zeros),
                                  npy_entry("a_to_b.bias", {3}, bias)});
    EXPECT_EQ(read_weights(many, "w", two_to_three).dense, six);
    EXPECT_EQ(read_weights(many, "", two_to_three).dense, zeros);
    EXPECT_EQ(read_bias(many, "", two_to_three), bias);
    EXPECT_EQ(read_bias(many, "a_to_b", two_to_three), bias);
    EXPECT_EQ(read_bias(many, "a_to_b.bias", two_to_three), bias);
    const std::string one = npz({npy_entry("w", {2, 3}, six), npy_entry("b", {3}, bias)});
    EXPECT_EQ(read_weights(one, "", two_to_three).dense, six);
    EXPECT_EQ(read_bias(one, "", two_to_three), bias);
    EXPECT_TRUE(read_weights(one, "", two_to_three).mask.empty());
}

TEST_F(Weights, OfFortranOrderAndOtherBytes) {
    const WeightShape shape{"a_to_b", "a", "b", 1, 2};
    EXPECT_EQ(read_weights(sample("numpy.npz"), "big_real", shape).dense, (Floats{1.5f, -2.25f}));
}

TEST_F(Weights, OfSparseArraysOfScipy) {
    const WeightShape shape{"a_to_b", "a", "b", 4, 6};
    for (const char* name : {"csr.npz", "csc.npz", "coo.npz", "bsr.npz"}) {
        SCOPED_TRACE(name);
        FileWeights w = read_weights(sample(name), "", shape);
        ASSERT_TRUE(w.is_list);
        EXPECT_EQ(w.source, (std::vector<std::uint32_t>{0, 0, 2, 3}));
        EXPECT_EQ(w.target, (std::vector<std::uint32_t>{1, 5, 0, 3}));
        EXPECT_EQ(w.weight, (Floats{0.5f, -1.5f, 2.0f, 0.25f}));
        make_dense(w, shape);
        EXPECT_FALSE(w.is_list);
        EXPECT_EQ(w.dense[5], -1.5f);
        EXPECT_EQ(w.mask[5], 1);
        EXPECT_EQ(w.mask[6], 0);
    }
    expect_in(error_of_weights(sample("dia.npz"), "", shape), "format 'dia'");
    expect_in(error_of_weights(sample("csr.npz"), "data", shape), "leave dataset: data out");
    expect_in(error_of_weights(sample("csr.npz")),
              "has the shape [4, 6], but a_to_b needs [2, 3]: the sizes of 'a' and 'b'");
    expect_in(error_of_weights(sample("csr.npz"), "", {"a_to_b", "a", "b", 6, 4}),
              "it is [target, source]");
}

TEST_F(Weights, OfHdf5) {
    const Floats bias{7, 8, 9};
    const std::string plain =
        hdf5({npy_entry("net/w", {2, 3}, six), npy_entry("net/b", {3}, bias)});
    EXPECT_EQ(read_weights(plain, "net/w", two_to_three).dense, six);
    EXPECT_EQ(read_weights(plain, "", two_to_three).dense, six);
    EXPECT_EQ(read_weights(plain, "", two_to_three).unit, "mV");
    EXPECT_EQ(read_bias(plain, "net/b", two_to_three), bias);
    EXPECT_EQ(read_bias(plain, "", two_to_three), bias);

    const std::vector<std::uint32_t> mask{1, 0, 1, 1, 1, 1};
    const std::string run = hdf5({npy_entry("weights/a_to_b/weights", {2, 3}, six),
                                  npy_entry("weights/a_to_b/mask", {2, 3}, mask),
                                  npy_entry("weights/a_to_b/bias", {3}, bias),
                                  npy_entry("weights/b_to_c/weights", {2, 3}, Floats(6))},
                                 "snnsim run");
    EXPECT_EQ(read_weights(run, "", two_to_three).dense, six);
    EXPECT_EQ(read_weights(run, "", two_to_three).mask[1], 0);
    EXPECT_EQ(read_weights(run, "b_to_c", two_to_three).dense, Floats(6));
    EXPECT_EQ(read_bias(run, "a_to_b", two_to_three), bias);
    expect_in(error_of([&] { read_bias(run, "b_to_c", two_to_three); }), "has no bias there");
    expect_in(error_of_weights(run, "a_to_c"),
              "this run of snnsim 0.0.1 holds no weights of a_to_c; there are a_to_b, b_to_c");
    const std::vector<StoredWeights> all = list_weights(run);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_TRUE(all[0].projection == "a_to_b" && all[0].sources == 2 && all[0].targets == 3 &&
                all[0].bias && !all[1].bias);
    expect_in(error_of([&] { list_weights(hdf5({}, "snnsim run")); }),
              "this run of snnsim 0.0.1 holds no weights of any projection; there is none");
}

TEST_F(Weights, OfListsOfSynapses) {
    const std::vector<std::uint32_t> source{1, 0, 1}, target{2, 1, 2};
    const Floats weight{1.5f, -1, 2}, delay{1, 2, 3};
    const auto named = [&](const std::string& begin) {
        return std::vector<NpyEntry>{
            npy_entry(begin + "source", {3}, source), npy_entry(begin + "target", {3}, target),
            npy_entry(begin + "weight", {3}, weight), npy_entry(begin + "delay", {3}, delay)};
    };
    for (const std::string& file :
         {npz(named("a_to_b.")), hdf5(named("weights/a_to_b/"), "snnsim run")}) {
        SCOPED_TRACE(file);
        FileWeights w = read_weights(file, "", two_to_three);
        ASSERT_TRUE(w.is_list);
        EXPECT_EQ(w.source, source);
        EXPECT_EQ(w.target, target);
        EXPECT_EQ(w.weight, weight);
        EXPECT_EQ(w.delay, (std::vector<double>{1, 2, 3}));
        FileWeights sorted = w;
        sort_synapses(sorted);
        EXPECT_EQ(sorted.source, (std::vector<std::uint32_t>{0, 1}));
        EXPECT_EQ(sorted.target, (std::vector<std::uint32_t>{1, 2}));
        EXPECT_EQ(sorted.weight, (Floats{-1, 3.5f}));
        EXPECT_TRUE(sorted.delay.empty());
        make_dense(w, two_to_three);
        EXPECT_EQ(w.dense, (Floats{0, -1, 0, 0, 0, 3.5f}));
        EXPECT_EQ(list_weights(file)[0].projection, "a_to_b");
        expect_in(error_of_weights(file, "", {"a_to_b", "a", "b", 2, 2}),
                  "a_to_b' goes to cell 2 of 'b', which has 2");
    }
}

TEST_F(Weights, ThatDoNotFitAreAnError) {
    const Floats four(4);
    const std::string turned = npz({npy_entry("w", {3, 2}, six), npy_entry("b", {4}, four)});
    expect_in(error_of([&] { read_bias(turned, "b", two_to_three); }),
              "'b' has the shape [4], but the bias of a_to_b needs [3]: the size of 'b'");
    const std::string said = error_of_weights(turned, "w");
    expect_in(
        said,
        turned + ": 'w' has the shape [3, 2], but a_to_b needs [2, 3]: the sizes of 'a' and 'b'");
    expect_in(said, "torch.nn.Linear keeps it: save its transpose (w.T)");
    EXPECT_EQ(error_of_weights(npz({npy_entry("w", {2, 2}, four)})).find("transpose"),
              std::string::npos);
}

TEST_F(Weights, ThatAreNoNumbersAreAnError) {
    Floats wrong = six;
    wrong[4] = NAN;
    wrong[5] = INFINITY;
    const std::string part =
        "2 of the 6 values of 'w' are NaN or infinite, the first that of [source 1, target 1]";
    expect_in(error_of_weights(npz({npy_entry("w", {2, 3}, wrong)})), part);
    expect_in(error_of_weights(hdf5({npy_entry("w", {2, 3}, wrong)})), part);
    std::vector<double> large(six.begin(), six.end());
    large[0] = 1e300;  // beyond single precision
    expect_in(
        error_of_weights(npz({npy_entry("w", {2, 3}, large)})),
        "1 of the 6 values of 'w' is NaN or infinite, the first that of [source 0, target 0]");
    const Floats bias{1, NAN, 2};
    expect_in(error_of([&] { read_bias(npy(npy_entry("", {3}, bias)), "", two_to_three); }),
              "1 of the 3 values of the array is NaN or infinite, the first that of target 1");
}

TEST_F(Weights, WithoutTheNameAreAnErrorThatTellsThoseThereAre) {
    const std::string two = npz({npy_entry("v", {2, 3}, six), npy_entry("w", {2, 3}, six)});
    expect_in(error_of_weights(two, "x"), "there is no array 'x'; there are v, w");
    expect_in(error_of_weights(two), "write which array, as in dataset: v; there are v, w");
    const std::string file = hdf5({npy_entry("v", {2, 3}, six), npy_entry("g/w", {2, 3}, six)});
    expect_in(error_of_weights(file, "x"), "there is no data set 'x'; there are g/w, v");
    expect_in(error_of_weights(file), "write which data set, as in dataset: g/w; there are g/w, v");
    expect_in(error_of_weights(npy(npy_entry("", {2, 3}, six)), "w"), "leave dataset: w out");
    expect_in(error_of_weights(path("none.npz")), "there is no such file");
    expect_in(error_of_weights(sample("make.py")), "make.py");
    expect_in(error_of([&] { list_weights(file); }), "it is no run file of snnsim");
}

}  // namespace
}  // namespace snnsim
