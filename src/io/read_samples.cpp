#include "src/io/read_samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/io/digest.hpp"
#include "src/io/hdf5.hpp"
#include "src/words.hpp"

namespace snnsim {
namespace {

struct Matrix {
    std::int64_t rows = 0, columns = 0;
    std::vector<float> values;  // [row][column]
};

Matrix read_matrix(hid_t file, const std::string& path, const std::string& name) {
    const auto wrong = [&](const std::string& what) {
        throw DataError(fmt::format("{}: {} {}", path, name, what));
    };
    const std::string group = name.substr(0, name.find('/'));
    if (!h5::exists(file, group) || !h5::exists(file, name))
        wrong(
            "is missing; there must be train/x, train/y, test/x and test/y, each "
            "[sample][value]");
    const h5::Handle set(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose, name);
    const h5::Handle space(H5Dget_space(set), H5Sclose, name),
        type(H5Dget_type(set), H5Tclose, name);
    const H5T_class_t kind = H5Tget_class(type);
    if (kind != H5T_FLOAT && kind != H5T_INTEGER) wrong("must hold numbers");
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank != 2) wrong(fmt::format("has {} dimensions; it must have two, [sample][value]", rank));
    hsize_t dims[2];
    H5Sget_simple_extent_dims(space, dims, nullptr);
    if (dims[0] == 0 || dims[1] == 0) wrong("is empty");
    Matrix out{static_cast<std::int64_t>(dims[0]), static_cast<std::int64_t>(dims[1]),
               h5::read_vector<float>(file, name)};
    for (std::size_t i = 0; i < out.values.size(); ++i) {
        if (!std::isfinite(out.values[i]))
            wrong(fmt::format("is {} in sample {}, value {} (from 0)", out.values[i], i / dims[1],
                              i % dims[1]));
    }
    return out;
}

RealSamples read_pair(hid_t file, const std::string& path, const std::string& group) {
    Matrix x = read_matrix(file, path, group + "/x"), y = read_matrix(file, path, group + "/y");
    if (x.rows != y.rows) {
        throw DataError(fmt::format("{}: {}/x has {}, but {}/y has {}", path, group,
                                    counted(x.rows, "sample"), group, y.rows));
    }
    return {x.rows, x.columns, y.columns, std::move(x.values), std::move(y.values)};
}

void check_same(const std::string& path, const char* name, std::int64_t train, std::int64_t test) {
    if (train == test) return;
    throw DataError(fmt::format("{}: a sample of train/{} has {}, but one of test/{} has {}", path,
                                name, counted(train, "value"), name, test));
}

}  // namespace

Dataset read_samples(const std::string& path) {
    Dataset data;
    data.name = std::filesystem::path(path).filename().string();
    data.classes = 0;
    try {
        const h5::Handle file = h5::open_file(path);
        data.real_train = read_pair(file, path, "train");
        data.real_test = read_pair(file, path, "test");
        data.sha256 = file_sha256(path);
    } catch (const FileError& e) {
        const std::string text = e.what();
        throw DataError(text.find(path) == std::string::npos ? path + ": " + text : text);
    }
    check_same(path, "x", data.real_train.inputs, data.real_test.inputs);
    check_same(path, "y", data.real_train.outputs, data.real_test.outputs);
    const std::vector<float>& y = data.real_test.y;
    if (std::all_of(y.begin(), y.end(), [](float v) { return v == 0.0f; }))
        throw DataError(path + ": test/y is zero everywhere; no error is relative to that");
    return data;
}

std::pair<std::int64_t, std::int64_t> count_samples(const std::string& path) {
    const h5::Handle file = h5::open_file(path);
    const auto samples = [&](const std::string& name) {
        const h5::Handle set(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose, name);
        const h5::Handle space(H5Dget_space(set), H5Sclose, name);
        hsize_t dims[2] = {};
        if (H5Sget_simple_extent_ndims(space) != 2) return std::int64_t{0};
        H5Sget_simple_extent_dims(space, dims, nullptr);
        return static_cast<std::int64_t>(dims[0]);
    };
    return {samples("train/x"), samples("test/x")};
}

}  // namespace snnsim
