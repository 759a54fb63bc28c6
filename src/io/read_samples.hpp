// Samples of real numbers from a file of the user.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "snnsim/dataset.hpp"

namespace snnsim {

/// Reads the data sets train/x, train/y, test/x and test/y of an HDF5 file, each [sample][value],
/// and the file's SHA-256. Throws DataError with the data set, and the sample where it is one, when
/// something is missing, is not finite, or does not fit together.
Dataset read_samples(const std::string& path);

/// How many there are, training and test, without reading them. Throws FileError.
std::pair<std::int64_t, std::int64_t> count_samples(const std::string& path);

}  // namespace snnsim
