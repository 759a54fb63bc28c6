// Numbers from a file of the user, whatever its format: .npy, .csv or HDF5.
#pragma once

#include <string>
#include <vector>

#include "snnsim/listed_values.hpp"

namespace snnsim {

struct NumberTable {
    std::size_t rows = 0, columns = 1;
    std::vector<double> values;  // [row][column]
    std::string unit;            // "" where the file says none
    std::vector<double> times;   // of each row, where asked for
    std::string time_unit;
};

enum class Times : std::uint8_t { none, wanted };

/// `how.file` is already where it lies. At most `most` values. With Times::wanted also those of
/// each row: the column `time` of a .csv file, the data set `times` beside that of an HDF5 file.
/// Throws DataError that begins with the file's name.
NumberTable read_numbers(const NumbersFile& how, Times times, std::size_t most);

/// Whether `path` is an HDF5 file with that data set.
bool has_data_set(const std::string& path, const std::string& dataset);

}  // namespace snnsim
