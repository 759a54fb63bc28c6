#include "src/io/read_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/io/hdf5.hpp"
#include "src/io/read_columns.hpp"
#include "src/io/read_npy.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

void expect_at_most(std::size_t count, std::size_t most) {
    if (count > most)
        throw FileError(fmt::format("it has {} values; at most {} are used", count, most));
}

NumberTable read_npy_table(const NumbersFile& how, std::size_t most) {
    NpyArray array = read_npy(how.file, most);
    if (array.shape.empty() || array.shape.size() > 2)
        throw FileError(
            fmt::format("it has {} dimensions; one or two are read", array.shape.size()));
    NumberTable out;
    out.rows = array.shape[0];
    if (array.shape.size() == 2) out.columns = array.shape[1];
    out.values = std::move(array.values);
    return out;
}

NumberTable read_csv_table(const NumbersFile& how, Times times, std::size_t most) {
    ColumnFile file = read_columns(how.file, {});
    NumberTable out;
    std::vector<const Column*> columns;
    for (const Column& c : file.columns) {
        if (c.name == "time" && how.column != "time") {
            if (times == Times::none) continue;
            out.times = c.values;
            out.time_unit = c.unit;
        } else if (how.column.empty() || c.name == how.column) {
            columns.push_back(&c);
        }
    }
    if (columns.empty())
        throw FileError(how.column.empty() ? "there is no column of values"
                                           : fmt::format("there is no column '{}'", how.column));
    if (times == Times::wanted && !file.find("time"))
        throw FileError("there is no column 'time'; add it, or the key 'interval' to the model");
    out.rows = columns[0]->values.size();
    out.columns = columns.size();
    out.unit = columns[0]->unit;
    expect_at_most(out.rows * out.columns, most);
    for (std::size_t row = 0; row < out.rows; ++row) {
        for (const Column* c : columns) {
            if (c->unit != out.unit)
                throw FileError(
                    fmt::format("'{}' and '{}' have different units", columns[0]->name, c->name));
            out.values.push_back(c->values[row]);
        }
    }
    return out;
}

/// The dimensions of a table.
h5::Dims table_dims(hid_t file, const std::string& name) {
    h5::Dims dims = h5::numeric_dims(file, name);
    if (dims.empty() || dims.size() > 2)
        throw FileError(
            fmt::format("'{}' has {} dimensions; one or two are read", name, dims.size()));
    return dims;
}

NumberTable read_hdf5_table(const NumbersFile& how, Times times, std::size_t most) {
    const h5::Handle file = h5::open_to_read(how.file);
    const h5::Dims dims = table_dims(file, how.dataset);
    NumberTable out;
    out.rows = dims[0];
    if (dims.size() == 2) out.columns = dims[1];
    if (out.columns > 0 && out.rows > most / out.columns)
        throw FileError(fmt::format("'{}' has {} of {}; at most {} are used", how.dataset,
                                    counted(static_cast<std::int64_t>(out.rows), "row"),
                                    counted(static_cast<std::int64_t>(out.columns), "value"),
                                    counted(static_cast<std::int64_t>(most), "value")));
    out.values = h5::read_vector<double>(file, how.dataset);
    out.unit = h5::unit_of(file, how.dataset);
    if (times == Times::none) return out;
    const std::size_t slash = how.dataset.rfind('/');
    const std::string beside =
        (slash == std::string::npos ? "" : how.dataset.substr(0, slash + 1)) + "times";
    if (!h5::exists(file, beside))
        throw FileError(
            fmt::format("there is no data set '{}'; add it, or the key 'interval' to "
                        "the model",
                        beside));
    const h5::Dims of_times = table_dims(file, beside);
    if (of_times.size() != 1 || of_times[0] != out.rows)
        throw FileError(
            fmt::format("'{}' must have one dimension and {}, as many as '{}' "
                        "has rows",
                        beside, counted(static_cast<std::int64_t>(out.rows), "time"), how.dataset));
    out.times = h5::read_vector<double>(file, beside);
    out.time_unit = h5::unit_of(file, beside);
    return out;
}

}  // namespace

NumberTable read_numbers(const NumbersFile& how, Times times, std::size_t most) {
    const std::string ending = std::filesystem::path(how.file).extension();
    if (ending == ".csv") {
        try {
            return read_csv_table(how, times, most);
        } catch (const FileError& e) {  // what read_columns says has the file's name
            throw DataError(fmt::format("{}: {}", how.file, e.what()));
        }
    }
    if (const std::string wrong = why_unreadable(how.file); !wrong.empty())
        throw DataError(fmt::format("{}: {}", how.file, wrong));
    try {
        return ending == ".npy" ? read_npy_table(how, most) : read_hdf5_table(how, times, most);
    } catch (const FileError& e) {
        throw DataError(fmt::format("{}: {}", how.file, e.what()));
    }
}

bool has_data_set(const std::string& path, const std::string& dataset) {
    try {
        return h5::exists(h5::open_file(path), dataset);
    } catch (const FileError&) {
        return false;
    }
}

}  // namespace snnsim
