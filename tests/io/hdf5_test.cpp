// Data sets and attributes of any type as the type that is asked for.
#include "src/io/hdf5.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

namespace fs = std::filesystem;

class Hdf5 : public testing::Test {
  protected:
    void TearDown() override { fs::remove(path_); }

    /// A file with the numbers as a data set 'x' of the type `stored`, and the first as attribute.
    void write(hid_t stored, const std::vector<double>& numbers) {
        const h5::Handle file = h5::create_file(path_);
        const hsize_t count = numbers.size();
        const h5::Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose, "space");
        const h5::Handle set(
            H5Dcreate2(file, "x", stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose,
            "x");
        h5::check(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()),
                  "x");
        const h5::Handle one(H5Screate(H5S_SCALAR), H5Sclose, "space");
        const h5::Handle a(H5Acreate2(file, "a", stored, one, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                           "a");
        h5::check(H5Awrite(a, H5T_NATIVE_DOUBLE, numbers.data()), "a");
    }
    template <class T>
    std::vector<T> read() const {
        return h5::read_vector<T>(h5::open_file(path_), "x");
    }
    template <class F>
    static std::string error(F&& f) {
        try {
            f();
        } catch (const FileError& e) {
            return e.what();
        }
        return "no error";
    }

    std::string path_ =
        (fs::temp_directory_path() / ("snnsim_h5_" + std::to_string(getpid()))).string();
};

TEST_F(Hdf5, WholeNumbersAreReadFromAnyType) {
    for (const hid_t stored : {H5T_STD_I8LE, H5T_STD_U8BE, H5T_STD_I16BE, H5T_STD_U32LE,
                               H5T_STD_I64BE, H5T_STD_U64LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE}) {
        write(stored, {100, 0, 3});
        EXPECT_EQ(read<std::uint8_t>(), (std::vector<std::uint8_t>{100, 0, 3}));
        EXPECT_EQ(read<std::uint32_t>(), (std::vector<std::uint32_t>{100, 0, 3}));
        EXPECT_EQ(read<std::int32_t>(), (std::vector<std::int32_t>{100, 0, 3}));
        EXPECT_EQ(read<std::uint64_t>(), (std::vector<std::uint64_t>{100, 0, 3}));
        EXPECT_EQ(read<double>(), (std::vector<double>{100, 0, 3}));
        EXPECT_EQ(h5::read_number<std::int64_t>(h5::open_file(path_), "a"), 100);
    }
}

TEST_F(Hdf5, WhatWouldChangeIsAnError) {
    write(H5T_STD_I8LE, {1, -1});
    EXPECT_EQ(error([&] { read<std::uint64_t>(); }),
              "'x'[1] is -1; it must be a whole number from 0 to 18446744073709551615");
    EXPECT_EQ(read<std::int32_t>(), (std::vector<std::int32_t>{1, -1}));
    write(H5T_STD_U16LE, {255, 256});
    EXPECT_EQ(error([&] { read<std::uint8_t>(); }),
              "'x'[1] is 256; it must be a whole number from 0 to 255");
    write(H5T_IEEE_F64LE, {2.0, 2.5});
    EXPECT_EQ(error([&] { read<std::uint32_t>(); }),
              "'x'[1] is 2.5; it must be a whole number from 0 to 4294967295");
    write(H5T_IEEE_F64LE, {0x1p40});
    EXPECT_EQ(error([&] { read<std::uint32_t>(); }),
              "'x'[0] is 1099511627776; it must be a whole number from 0 to 4294967295");
    EXPECT_NE(error([&] {
                  h5::read_number<std::int32_t>(h5::open_file(path_), "a");
              }).find("'a'[0] is 1099511627776"),
              std::string::npos);
    {
        const h5::Handle file = h5::create_file(path_);
        const std::uint64_t most = ~std::uint64_t{0};
        h5::write_vector<std::uint64_t>(file, "x", {most}, "1");
    }
    EXPECT_EQ(error([&] { read<std::int64_t>(); }),
              "'x'[0] is 18446744073709551615; it must be a whole number from "
              "-9223372036854775808 to 9223372036854775807");
}

TEST_F(Hdf5, TextsAreNoNumbers) {
    {
        const h5::Handle file = h5::create_file(path_);
        h5::write_text(file, "a", "5");
        h5::write_number<double>(file, "n", 5.0);
    }
    const h5::Handle file = h5::open_file(path_);
    EXPECT_EQ(error([&] { h5::read_number<double>(file, "a"); }), "'a' must hold numbers");
    EXPECT_EQ(error([&] { h5::read_text(file, "n"); }), "the attribute 'n' must be a text");
    EXPECT_EQ(error([&] { h5::read_text(file, "none"); }), "the attribute 'none' is missing");
    EXPECT_EQ(error([&] { h5::read_vector<float>(file, "none"); }),
              "the data set 'none' is missing");
}

}  // namespace
}  // namespace snnsim
