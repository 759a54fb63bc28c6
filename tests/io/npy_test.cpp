// Arrays of NumPy, byte by byte.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "snnsim/error.hpp"
#include "src/io/read_npy.hpp"

namespace snnsim {
namespace {

class Npy : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(path_); }

    template <class T>
    NpyArray read(const std::string& header, const std::vector<T>& values, int version = 1,
                  std::size_t most = 1000) {
        std::string bytes = "\x93NUMPY";
        bytes += static_cast<char>(version);
        bytes += '\0';
        const auto length = static_cast<std::uint32_t>(header.size());
        bytes.append(reinterpret_cast<const char*>(&length), version == 2 ? 4 : 2);
        bytes += header;
        bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
        std::ofstream(path_, std::ios::binary) << bytes;
        return read_npy(path_, most);
    }
    static std::string header(const std::string& type, const std::string& shape,
                              const std::string& order = "False") {
        return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape +
               ", }\n";
    }
    template <class T>
    void expect_error(const std::string& header, const std::vector<T>& values,
                      const std::string& part, int version = 1, std::size_t most = 1000) {
        try {
            read(header, values, version, most);
            ADD_FAILURE() << "no error: " << part;
        } catch (const FileError& e) {
            EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
        }
    }

    const std::string path_ =
        testing::TempDir() + "snnsim_test_" + std::to_string(getpid()) + ".npy";
};

TEST_F(Npy, TypesAndShapes) {
    const NpyArray a = read<double>(header("<f8", "(3,)"), {1.5, -2.0, 1e300});
    EXPECT_EQ(a.shape, std::vector<std::size_t>{3});
    EXPECT_EQ(a.values, (std::vector<double>{1.5, -2.0, 1e300}));
    const NpyArray b = read<float>(header("<f4", "(2, 3)"), {1, 2, 3, 4, 5, 6.5f}, 2);
    EXPECT_EQ(b.shape, (std::vector<std::size_t>{2, 3}));
    EXPECT_EQ(b.values.back(), 6.5);
    EXPECT_EQ(read<std::int64_t>(header("<i8", "(2,)"), {-7, 9}).values.front(), -7.0);
    EXPECT_EQ(read<std::uint8_t>(header("|u1", "(1,)"), {255}).values.front(), 255.0);
    EXPECT_EQ(read<std::int32_t>(header("<i4", "(0,)"), {}).values.size(), 0u);
    EXPECT_EQ(read<double>(header("<f8", "()"), {2.5}).values, std::vector<double>{2.5});
    EXPECT_EQ(read<double>(header("<f8", "(1, 1, 1)"), {1}).shape.size(), 3u);
    EXPECT_EQ(read<double>(header("<f8", "(2, 3)", "True"), {1, 4, 2, 5, 3, 6}).values,
              (std::vector<double>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(read<std::uint16_t>(header(">u2", "(2,)"), {0x0100, 0x0203}).values,
              (std::vector<double>{1, 0x0302}));
    EXPECT_EQ(read<std::uint16_t>(header("<f2", "(2,)"), {0x3c00, 0xc100}).values,
              (std::vector<double>{1, -2.5}));
}

TEST_F(Npy, WhatCannotBeReadIsAnError) {
    expect_error<double>(header("=f8", "(1,)"), {1}, "type '=f8'");
    expect_error<double>(header("<f", "(1,)"), {1}, "type '<f'");
    expect_error<double>(header("", "(1,)"), {1}, "type ''");
    expect_error<double>(header("|S8", "(1,)"), {1}, "texts");
    expect_error<double>(header("|S0", "(1,)"), {1}, "type '|S0'");
    expect_error<double>(header("<c16", "(1,)"), {1, 2}, "type '<c16'");
    expect_error<double>(header("|O", "(1,)"), {1}, "type '|O'");
    expect_error<double>(header("<f8", "(3,)"), {1, 2}, "shape (3) says more values");
    expect_error<double>(header("<f8", "(1,)"), {1, 2}, "should have 1 values");
    expect_error<double>(header("<f8", "(3,)"), {1, 2, 3}, "3 values; at most 2", 1, 2);
    expect_error<double>(header("<f8", "(1000000000000,)"), {1}, "says more values");
    expect_error<double>(header("<f8", "(4294967296, 4294967296)"), {1}, "says more values");
    expect_error<double>("{'descr': '<f8', 'shape': (1,)}", {1}, "header");
    expect_error<double>("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,)}", {1}, "header");
    expect_error<double>("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", {1},
                         "header");
    expect_error<double>(header("<f8", "(-1,)"), {1}, "header");
    expect_error<double>(header("<f8", "(1,)"), {1}, "version 3", 3);
    std::ofstream(path_) << "hello";
    EXPECT_THROW(read_npy(path_, 10), FileError);
    std::ofstream(path_, std::ios::binary) << std::string("\x93NUMPY\x01\0\xff\xff", 10);
    EXPECT_THROW(read_npy(path_, 10), FileError);
    EXPECT_THROW(read_npy(testing::TempDir(), 10), FileError);
}

}  // namespace
}  // namespace snnsim
