// Labelled images in memory, and where they come from.
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

struct Dataset {
    std::string name;
    int classes = 10;
    LabelledImages train, test;
};

/// Loads a data set from `data_dir` if given, else from the cache, fetching it first where it is
/// not there. Throws DataError that names the file, what is wrong and where to put which files.
Dataset load_dataset(DataSet set, const std::string& data_dir = {});

}  // namespace snnsim
