#include "src/io/read_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::size_t start = 0;;) {
        const std::size_t comma = line.find(',', start);
        fields.push_back(trimmed(line.substr(start, comma - start)));
        if (comma == std::string_view::npos) return fields;
        start = comma + 1;
    }
}

/// "weight (pA)"
Column column_of(std::string_view header) {
    const std::size_t open = header.find('(');
    if (open == std::string_view::npos || !header.ends_with(')'))
        return {std::string(header), "", {}};
    return {std::string(trimmed(header.substr(0, open))),
            std::string(trimmed(header.substr(open + 1, header.size() - open - 2))),
            {}};
}

void read_row(std::string_view line, ColumnFile& out, std::size_t row) {
    const std::vector<std::string_view> fields = fields_of(line);
    if (fields.size() != out.columns.size()) {
        throw DataError(fmt::format("{}: {} values, but the header names {} columns",
                                    out.place(row), fields.size(), out.columns.size()));
    }
    for (std::size_t c = 0; c < fields.size(); ++c) {
        double number = 0.0;
        const char* const last = fields[c].data() + fields[c].size();
        const auto [end, error] = std::from_chars(fields[c].data(), last, number);
        if (error != std::errc{} || end != last) {
            throw DataError(fmt::format("{}: {} must be a number; found '{}'", out.place(row),
                                        out.columns[c].name, fields[c]));
        }
        out.columns[c].values.push_back(number);
    }
}

void read_csv(ColumnFile& out) {
    std::ifstream file(out.path, std::ios::binary);
    std::string line;
    if (!std::getline(file, line) || trimmed(line).empty())
        throw DataError(out.path + ":1: the first line must name the columns");
    for (const std::string_view header : fields_of(line)) out.columns.push_back(column_of(header));
    for (std::size_t row = 0; std::getline(file, line); ++row) {
        if (trimmed(line).empty() && file.peek() == std::ifstream::traits_type::eof()) break;
        read_row(line, out, row);
    }
    if (file.bad()) throw DataError("cannot read " + out.path);
}

void read_hdf5(ColumnFile& out) {
    const h5::Handle file = h5::open_file(out.path);
    for (const std::string& name : h5::children(file, "/")) {
        H5O_info_t info;
        h5::check(H5Oget_info_by_name(file, name.c_str(), &info, H5P_DEFAULT),
                  "cannot read " + name);
        if (info.type != H5O_TYPE_DATASET)
            throw DataError(out.path + ": '" + name + "' is no data set");
        const h5::Handle set(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose, name);
        const h5::Handle space(H5Dget_space(set), H5Sclose, name);
        if (H5Sget_simple_extent_ndims(space) != 1)
            throw DataError(out.path + ": '" + name + "' must have one dimension");
        Column column{name, h5::has_attribute(set, "units") ? h5::read_text(set, "units") : "", {}};
        column.values = h5::read_vector<double>(file, name);
        out.columns.push_back(std::move(column));
    }
    for (const Column& c : out.columns) {
        if (c.values.size() == out.columns[0].values.size()) continue;
        throw DataError(fmt::format("{}: '{}' has {} rows, but '{}' has {}", out.path, c.name,
                                    c.values.size(), out.columns[0].name,
                                    out.columns[0].values.size()));
    }
}

}  // namespace

const Column* ColumnFile::find(const std::string& name) const {
    const auto at = std::find_if(columns.begin(), columns.end(),
                                 [&](const Column& c) { return c.name == name; });
    return at == columns.end() ? nullptr : &*at;
}

std::string ColumnFile::place(std::size_t row) const {
    return text ? fmt::format("{}:{}", path, row + 2)
                : fmt::format("{}, row {} (from 0)", path, row);
}

ColumnFile read_columns(const std::string& path) {
    ColumnFile out;
    out.path = path;
    out.text = path.ends_with(".csv");
    if (!std::filesystem::is_regular_file(path))
        throw DataError("cannot open " + path + ": there is no such file");
    try {
        if (out.text) {
            read_csv(out);
        } else {
            read_hdf5(out);
        }
    } catch (const FileError& e) {
        throw DataError(e.what());
    }
    for (std::size_t k = 0; k < out.columns.size(); ++k) {
        if (out.find(out.columns[k].name) != &out.columns[k])
            throw DataError(fmt::format("{}{}: the column '{}' is there twice", path,
                                        out.text ? ":1" : "", out.columns[k].name));
    }
    return out;
}

}  // namespace snnsim
