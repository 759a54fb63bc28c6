// Columns of numbers from a file of the user: CSV with a header, or HDF5 with a data set a column.
#pragma once

#include <string>
#include <vector>

namespace snnsim {

struct Column {
    std::string name, unit;  // unit: "" where the file says none
    std::vector<double> values;
};

struct ColumnFile {
    std::string path;
    bool text = false;  // CSV
    std::vector<Column> columns;

    /// Null when there is no such column.
    const Column* find(const std::string& name) const;
    /// "edges.csv:17", "edges.h5, row 15 (from 0)": how a message begins.
    std::string place(std::size_t row) const;
};

/// Reads a .csv, .h5 or .hdf5 file. CSV: the first line names the columns, with units in round
/// brackets where they have one ("weight (pA)"); HDF5: one-dimensional data sets at the top, units
/// in the attribute `units` of each. Throws DataError with the line or row when the file is
/// missing, a column is too short or what should be a number is none. Of an HDF5 file only the
/// columns in `wanted` are read; others have a name and no values. `group`: of an HDF5 file, where
/// the data sets are not at the top.
ColumnFile read_columns(const std::string& path, const std::vector<std::string>& wanted,
                        const std::string& group = "");

}  // namespace snnsim
