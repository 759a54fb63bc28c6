#include "src/sonata/types_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <string_view>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/text/excerpt.hpp"
#include "src/text/words.hpp"

namespace snnsim::sonata {
namespace {

/// What lies between blanks; in double quotes a blank is part of it, and two quotes are one.
std::vector<std::string> fields_of(std::string_view line, const std::string& place) {
    constexpr std::string_view blank = " \t\r";
    std::vector<std::string> out;
    for (std::size_t at = line.find_first_not_of(blank); at < line.size();
         at = line.find_first_not_of(blank, at)) {
        std::string& field = out.emplace_back();
        if (line[at] != '"') {
            const std::size_t end = std::min(line.find_first_of(blank, at), line.size());
            field = line.substr(at, end - at);
            at = end;
            continue;
        }
        for (++at;; ++at) {
            if (at >= line.size()) throw FileError(place + ": a quote (\") is not closed");
            if (line[at] == '"' && (at + 1 == line.size() || line[at + 1] != '"')) break;
            if (line[at] == '"') ++at;
            field += line[at];
        }
        ++at;
    }
    return out;
}

/// As pandas, with which others read these tables.
bool is_nothing(const std::string& text) {
    return text.empty() || text == "NULL" || text == "NaN" || text == "nan" || text == "NA" ||
           text == "None" || text == "null";
}

template <class T>
bool read_as(const std::string& text, T& out) {
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, out);
    return error == std::errc{} && end == last;
}

}  // namespace

TypesTable::TypesTable(const std::string& path, const std::string& key) : path_(path) {
    const std::string text = read_small_text(path);
    require_room(text.size() * 64, path);
    if (text.find('\0') != text.npos) throw FileError(path + ": it is no text");
    std::size_t number = 0, at_key = 0;
    for (std::size_t at = 0; at < text.size(); ++number) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string place = fmt::format("{}:{}", path, number + 1);
        std::vector<std::string> fields =
            fields_of(std::string_view(text).substr(at, end - at), place);
        at = end + 1;
        if (fields.empty()) continue;
        if (columns_.empty()) {
            if (fields[0].starts_with("\xEF\xBB\xBF")) fields[0].erase(0, 3);
            columns_ = std::move(fields);
            std::set<std::string> names;
            for (const std::string& name : columns_) {
                if (!names.insert(name).second)
                    throw FileError(fmt::format("{}: the column '{}' is there twice", place,
                                                excerpt(name, 40)));
            }
            const auto found = std::find(columns_.begin(), columns_.end(), key);
            if (found == columns_.end())
                throw FileError(
                    fmt::format("{}: the column '{}' is missing; columns have spaces between them",
                                place, key));
            at_key = static_cast<std::size_t>(found - columns_.begin());
            continue;
        }
        if (fields.size() != columns_.size())
            throw FileError(fmt::format(
                "{}: {}, but the header names {}; a text with blanks stands in double quotes",
                place, counted(static_cast<std::int64_t>(fields.size()), "value"),
                counted(static_cast<std::int64_t>(columns_.size()), "column")));
        Row row;
        row.place = place;
        double as_number = 0.0;  // pandas writes 100.0 where a column had gaps
        if (!read_as(fields[at_key], row.id)) {
            if (!read_as(fields[at_key], as_number) || std::abs(as_number) > 1e15 ||
                as_number != std::floor(as_number))
                throw FileError(fmt::format("{}: {} '{}' is no whole number", place, key,
                                            excerpt(fields[at_key], 40)));
            row.id = static_cast<std::int64_t>(as_number);
        }
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            if (!is_nothing(fields[c])) row.values_.emplace(columns_[c], std::move(fields[c]));
        }
        const std::int64_t id = row.id;
        if (!rows_.emplace(id, std::move(row)).second)
            throw FileError(fmt::format("{}: {} {} is there twice", place, key, id));
    }
    if (columns_.empty()) throw FileError(path + ": it is empty");
}

const std::string* TypesTable::Row::find(const std::string& column) const {
    const auto at = values_.find(column);
    return at == values_.end() ? nullptr : &at->second;
}

double TypesTable::Row::number(const std::string& column, double standard) const {
    const std::string* const text = find(column);
    if (!text) return standard;
    double out = 0.0;
    if (!read_as(*text, out) || !std::isfinite(out))
        throw FileError(
            fmt::format("{}: {} must be a number; found '{}'", place, column, excerpt(*text, 40)));
    return out;
}

const TypesTable::Row* TypesTable::find(std::int64_t id) const {
    const auto at = rows_.find(id);
    return at == rows_.end() ? nullptr : &at->second;
}

bool TypesTable::has_column(const std::string& name) const {
    return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
}

}  // namespace snnsim::sonata
