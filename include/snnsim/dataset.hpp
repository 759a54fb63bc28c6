// Labelled images, or samples of real numbers, in memory, and where they come from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

struct LabelledImages {
    std::int64_t count = 0;
    std::int64_t rows = 0, columns = 0;
    std::vector<std::uint8_t> pixels;  // [count][rows * columns]
    std::vector<std::uint8_t> labels;  // [count]

    std::int64_t inputs() const { return rows * columns; }
};

struct RealSamples {
    std::int64_t count = 0;
    std::int64_t inputs = 0, outputs = 0;
    std::vector<float> x;  // [count][inputs]
    std::vector<float> y;  // [count][outputs]
};

/// Images, or of `set: file` real numbers.
struct Dataset {
    std::string name;
    int classes = 10;
    LabelledImages train, test;
    RealSamples real_train = {}, real_test = {};
    std::string sha256 = {};  // of the file
    std::vector<std::string> warnings = {};

    bool real() const { return real_train.inputs > 0; }
    std::int64_t train_count() const { return real() ? real_train.count : train.count; }
    std::int64_t test_count() const { return real() ? real_test.count : test.count; }
};

/// Loads a data set of images from `data_dir` if given, else from the cache, fetching it first
/// where it is not there. Throws DataError that names the file, what is wrong and where to put
/// which files.
Dataset load_dataset(DataSet set, const std::string& data_dir = {});

}  // namespace snnsim
