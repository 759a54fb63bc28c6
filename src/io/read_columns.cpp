#include "src/io/read_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/io/hdf5.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// What lies between commas; in double quotes a comma is part of it. A quote inside of quotes is
/// no part of a name or number, so that none has to be undone.
std::vector<std::string_view> fields_of(std::string_view line, const std::string& place) {
    std::vector<std::string_view> fields;
    for (std::size_t start = 0;;) {
        std::size_t comma = line.find(',', start);
        const std::size_t first = std::min(line.find_first_not_of(" \t", start), line.size());
        if (first < line.size() && line[first] == '"') {
            const std::size_t close = line.find('"', first + 1);
            if (close == std::string_view::npos)
                throw DataError(place + ": a quote (\") is not closed");
            comma = line.find(',', close);
            if (!trimmed(line.substr(close + 1, comma - close - 1)).empty())
                throw DataError(place + ": something follows a closing quote (\")");
            fields.push_back(trimmed(line.substr(first + 1, close - first - 1)));
        } else {
            fields.push_back(trimmed(line.substr(start, comma - start)));
        }
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

void read_header(std::string_view line, ColumnFile& out) {
    const std::string place = out.path + ":1";
    if (trimmed(line).empty()) throw DataError(place + ": the first line must name the columns");
    if (line.find(',') == std::string_view::npos) {
        for (const auto& [mark, name] : {std::pair{';', "semicolons"}, std::pair{'\t', "tabs"}}) {
            if (trimmed(line).find(mark) == std::string_view::npos) continue;
            throw DataError(
                fmt::format("{}: columns are separated by {} here; commas must be "
                            "between them, and points in fractions",
                            place, name));
        }
    }
    for (const std::string_view header : fields_of(line, place)) {
        if (header.size() > most_quoted)
            throw DataError(fmt::format("{}: the name of a column has {} characters; at most {}",
                                        place, header.size(), most_quoted));
        out.columns.push_back(column_of(header));
    }
}

void read_row(std::string_view line, ColumnFile& out, std::size_t row) {
    constexpr const char* point = "; a fraction has a point, not a comma";
    const std::vector<std::string_view> fields = fields_of(line, out.place(row));
    if (fields.size() != out.columns.size()) {
        throw DataError(
            fmt::format("{}: {}, but the header names {}{}", out.place(row),
                        counted(static_cast<std::int64_t>(fields.size()), "value"),
                        counted(static_cast<std::int64_t>(out.columns.size()), "column"),
                        fields.size() > out.columns.size() ? point : ""));
    }
    for (std::size_t c = 0; c < fields.size(); ++c) {
        double number = 0.0;
        const char* const last = fields[c].data() + fields[c].size();
        const auto [end, error] = std::from_chars(fields[c].data(), last, number);
        if (error != std::errc{} || end != last) {
            throw DataError(fmt::format("{}: {} must be a number; found '{}'{}", out.place(row),
                                        out.columns[c].name, excerpt(fields[c]),
                                        end != last && *end == ',' ? point : ""));
        }
        out.columns[c].values.push_back(number);
    }
}

/// Room for more rows, doubled as vectors do, but asked for.
void make_room(ColumnFile& out) {
    std::vector<double>& first = out.columns[0].values;
    if (first.size() < first.capacity()) return;
    const std::size_t rows = std::max<std::size_t>(1024, 2 * first.size());
    require_room(std::uint64_t{rows} * out.columns.size() * sizeof(double),
                 fmt::format("{}: a table of {} rows", out.path, rows));
    for (Column& c : out.columns) c.values.reserve(rows);
}

void read_csv(ColumnFile& out) {
    LineReader lines(out.path);
    const std::optional<std::string_view> header = lines.next();
    read_header(header.value_or(""), out);
    std::size_t row = 0, blank = 0;
    while (const std::optional<std::string_view> line = lines.next()) {
        if (trimmed(*line).empty()) {
            if (blank == 0) blank = lines.number();
            continue;
        }
        if (blank > 0)
            throw DataError(fmt::format("{}:{}: an empty line between rows", out.path, blank));
        make_room(out);
        read_row(*line, out, row++);
    }
}

void read_hdf5(ColumnFile& out, const std::vector<std::string>& wanted, const std::string& group) {
    const h5::Handle all = h5::open_file(out.path);
    if (!group.empty() && !h5::is_group(all, group))
        throw DataError(fmt::format("{}: there is no group '{}'", out.path, excerpt(group)));
    const h5::Handle file = h5::open_group(all, group.empty() ? "/" : group);
    for (const std::string& name : h5::children(all, group.empty() ? "/" : group)) {
        if (name.size() > most_quoted)
            throw DataError(fmt::format("{}: the name of a data set has {} characters; at most {}",
                                        out.path, name.size(), most_quoted));
        if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
            out.columns.push_back({name, "", {}});
            continue;
        }
        H5O_info_t info;
        h5::check(H5Oget_info_by_name(file, name.c_str(), &info, H5P_DEFAULT),
                  "cannot read '" + name + "'");
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
    const Column* first = nullptr;
    for (const std::string& name : wanted) {
        const Column* const c = out.find(name);
        if (!c) continue;
        if (!first) first = c;
        if (c->values.size() == first->values.size()) continue;
        throw DataError(fmt::format("{}: '{}' has {}, but '{}' has {}", out.path, c->name,
                                    counted(static_cast<std::int64_t>(c->values.size()), "row"),
                                    first->name, first->values.size()));
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

ColumnFile read_columns(const std::string& path, const std::vector<std::string>& wanted,
                        const std::string& group) {
    ColumnFile out;
    out.path = path;
    out.text = path.ends_with(".csv");
    try {
        require_readable(path);
        if (out.text) {
            if (!group.empty())
                throw DataError(path + ": 'dataset' names a group of an .h5 file; leave it out");
            read_csv(out);
        } else {
            read_hdf5(out, wanted, group);
        }
    } catch (const FileError& e) {
        const std::string text = e.what();
        throw DataError(text.find(path) == std::string::npos ? path + ": " + text : text);
    }
    std::set<std::string_view> names;
    for (const Column& c : out.columns) {
        if (!names.insert(c.name).second)
            throw DataError(fmt::format("{}{}: the column '{}' is there twice", path,
                                        out.text ? ":1" : "", c.name));
    }
    return out;
}

}  // namespace snnsim
