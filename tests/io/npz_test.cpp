// Archives of arrays, as NumPy writes them and as we do.
#include "src/io/npz.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

std::string sample(const std::string& name) {
    return std::string(SNNSIM_SOURCE_DIR) + "/tests/data/arrays/" + name;
}
std::string scratch(const std::string& name) {
    return testing::TempDir() + "snnsim_" + std::to_string(getpid()) + "_" + name;
}
std::string bytes_of_file_at(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <class Call>
std::string error_of(Call call) {
    try {
        call();
    } catch (const FileError& e) {
        return e.what();
    }
    return "none";
}

using Shape = std::vector<std::size_t>;
using Values = std::vector<double>;

TEST(Npz, WhatNumpyWrites) {
    const NpzFile file(sample("numpy.npz"));
    EXPECT_EQ(file.names().size(), 10u);
    EXPECT_TRUE(file.has("f4"));
    EXPECT_FALSE(file.has("f4.npy"));
    EXPECT_EQ(file.read("f4", 100).shape, (Shape{2, 3}));
    EXPECT_EQ(file.read("f4", 100).values, (Values{0, 0.5, 1, 1.5, 2, 2.5}));
    const NpyArray fortran = file.read("fortran", 100);
    EXPECT_EQ(fortran.shape, (Shape{2, 3, 4}));
    for (std::size_t k = 0; k < 24; ++k) EXPECT_EQ(fortran.values[k], static_cast<double>(k));
    EXPECT_EQ(file.read("big", 100).values, (Values{1, -2, 70000}));
    EXPECT_EQ(file.read("big_real", 100).values, (Values{1.5, -2.25}));
    EXPECT_EQ(file.read("truth", 100).values, (Values{1, 0, 1}));
    const Values half = file.read("half", 100).values;
    EXPECT_EQ(Values(half.begin(), half.begin() + 4),
              (Values{1.5, -1638 / 16384.0, 65504, 1 / 16777216.0}));
    EXPECT_TRUE(std::isinf(half[4]) && std::isnan(half[5]));
    EXPECT_EQ(file.read_texts("names", 100), (std::vector<std::string>{"eins", "zwölf", "猫"}));
    EXPECT_EQ(file.read_texts("bytes", 100), std::vector<std::string>{"csr"});
    EXPECT_EQ(file.read("one", 100).values, Values{3.5});
    EXPECT_TRUE(file.read("one", 100).shape.empty());
    EXPECT_EQ(file.read("none", 100).shape, (Shape{0, 4}));
}

TEST(Npz, InPieces) {
    const NpzFile file(sample("numpy.npz"));
    NpyReader reader = file.open("f4");
    Values values(4);
    reader.read(values.data(), 4);
    EXPECT_EQ(values, (Values{0, 0.5, 1, 1.5}));
    reader.read(values.data(), 2);
    EXPECT_EQ(values[1], 2.5);
    EXPECT_THROW(reader.read(values.data(), 1), FileError);
}

TEST(Npz, WhatIsWrittenIsReadBack) {
    const std::string path = scratch("test.npz");
    const std::vector<float> weights{1.5f, -2, 0, 4, 5, 6};
    const std::vector<std::uint32_t> sources{7, 4000000000};
    const std::vector<double> none;
    const std::vector<NpyEntry> entries{npy_entry("a_to_b", {2, 3}, weights),
                                        npy_entry("a_to_b.source", {2}, sources),
                                        npy_entry("empty", {0}, none)};
    write_npz(path, entries);
    const NpzFile file(path);
    EXPECT_EQ(file.names(), (std::vector<std::string>{"a_to_b", "a_to_b.source", "empty"}));
    EXPECT_EQ(file.read("a_to_b", 6).shape, (Shape{2, 3}));
    EXPECT_EQ(file.read("a_to_b", 6).values, (Values{1.5, -2, 0, 4, 5, 6}));
    EXPECT_EQ(file.read("a_to_b.source", 6).values, (Values{7, 4e9}));
    EXPECT_TRUE(file.read("empty", 6).values.empty());
    const std::string first = bytes_of_file_at(path);
    write_npz(path, entries);
    EXPECT_EQ(bytes_of_file_at(path), first);
    std::filesystem::remove(path);

    const std::string alone = scratch("test_alone.npy");
    write_npy(alone, entries[0]);
    EXPECT_EQ(read_npy(alone, 6).values, (Values{1.5, -2, 0, 4, 5, 6}));
    std::filesystem::remove(alone);
}

TEST(Npz, WhatCannotBeReadIsAnError) {
    const NpzFile file(sample("numpy.npz"));
    const auto expect = [](const std::string& error, const std::string& part) {
        EXPECT_NE(error.find(part), std::string::npos) << error;
    };
    expect(error_of([&] { file.read("f5", 9); }), "no array 'f5'; there are f4, fortran, big");
    expect(error_of([&] { file.read("f4", 5); }), "'f4': it has 6 values; at most 5");
    expect(error_of([&] { file.read("names", 9); }), "'names': it holds texts");
    expect(error_of([&] { file.read_texts("f4", 9); }), "'f4': it holds numbers");
    expect(error_of([&] { file.read_texts("names", 9); }), "too long");
    expect(error_of([] { NpzFile(sample("make.py")); }), "no .npz file");
    expect(error_of([] { NpzFile(sample("nothing.npz")); }), "no such file");
    expect(error_of([] { NpzFile(testing::TempDir()); }), "it is a folder");

    // A value of another content is found by the sum of all.
    const std::string path = scratch("damaged.npz");
    const std::vector<float> seven{7.0f};
    write_npz(path, {npy_entry("seven", {1}, seven)});
    std::string bytes = bytes_of_file_at(path);
    const std::size_t at = bytes.find("\x93NUMPY") + 64 * 2;
    EXPECT_EQ(bytes.substr(at, 4), std::string("\0\0\xe0\x40", 4));
    bytes[at] = 1;
    std::ofstream(path, std::ios::binary) << bytes;
    expect(error_of([&] { NpzFile(path).read("seven", 9); }), "'seven': it is damaged (CRC error)");
    std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() / 2);
    expect(error_of([&] { NpzFile{path}; }), "no .npz file");
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace snnsim
