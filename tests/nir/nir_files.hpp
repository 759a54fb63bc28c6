// What the tests of NIR share: a folder for files, graphs in short, and the text of an error.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"
#include "src/nir/graph.hpp"

namespace snnsim::nir {

class NirFiles : public testing::Test {
  protected:
    NirFiles() { std::filesystem::create_directories(folder_); }
    ~NirFiles() override { std::filesystem::remove_all(folder_); }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    template <class F>
    static std::string error(F&& f) {
        try {
            f();
        } catch (const FileError& e) {
            return e.what();
        }
        return "no error";
    }

  private:
    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("snnsim_nir_" + std::to_string(getpid()));
};

inline void expect_has(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in:\n" << text;
}

/// 0, 1/4, 2/4, ...
template <class T>
Array<T> counted_array(const Shape& shape, T first = 0) {
    std::size_t count = 1;
    for (const std::int64_t n : shape) count *= static_cast<std::size_t>(n);
    Array<T> out{shape, {}};
    for (std::size_t k = 0; k < count; ++k) out.values.push_back(first + static_cast<T>(k) / T{4});
    return out;
}
inline Weights some_weights(const Shape& shape) {
    return counted_array<float>(shape, -1.0f);
}
inline Parameters some_values(const Shape& shape) {
    return counted_array<double>(shape, 1.0);
}
inline Cells lif_of(const Shape& shape) {
    Cells n;
    n.kind = CellKind::LIF;
    n.tau = n.r = n.v_leak = n.v_threshold = some_values(shape);
    return n;
}
inline Affine linear(std::int64_t out, std::int64_t in) {
    return {some_weights({out, in}), {}};
}

}  // namespace snnsim::nir
