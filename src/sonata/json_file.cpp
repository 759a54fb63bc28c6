#include "src/sonata/json_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "snnsim/error.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim::sonata {
namespace {

constexpr int deepest = 64;

/// "file:line:column", both from 1.
std::string place_of(const std::string& file, const std::string& text, std::size_t byte) {
    const std::size_t at = std::min(byte, text.size());
    const auto begin = text.begin(), end = begin + static_cast<std::ptrdiff_t>(at);
    const auto line = 1 + std::count(begin, end, '\n');
    const std::size_t newline = at == 0 ? text.npos : text.rfind('\n', at - 1);
    return fmt::format("{}:{}:{}", file, line, at - (newline == text.npos ? 0 : newline + 1) + 1);
}

std::string kind_of(const Json& value) {
    if (value.is_object()) return "an object";
    if (value.is_array()) return "a list";
    return "'" + excerpt(value.is_string() ? value.get<std::string>() : value.dump(), 60) + "'";
}

}  // namespace

std::string Item::place() const {
    return path_.empty() ? file_ : fmt::format("{}: {}", file_, path_);
}

void Item::fail(const std::string& what) const {
    throw FileError(fmt::format("{}: {}", place(), what));
}

std::optional<Item> Item::find(const std::string& key) const {
    if (!value_->is_object()) fail("it must be an object; found " + kind_of(*value_));
    const auto at = value_->find(key);
    if (at == value_->end() || at->is_null()) return {};
    return Item(*at, file_, excerpt(path_.empty() ? key : path_ + "." + key));
}

Item Item::at(const std::string& key) const {
    const std::optional<Item> found = find(key);
    if (!found) fail(fmt::format("the key '{}' is missing", key));
    return *found;
}

std::vector<Item> Item::items() const {
    if (!value_->is_array()) return {*this};
    std::vector<Item> out;
    for (std::size_t k = 0; k < value_->size(); ++k)
        out.emplace_back((*value_)[k], file_, fmt::format("{}[{}]", path_, k));
    return out;
}

std::vector<std::pair<std::string, Item>> Item::members() const {
    if (!value_->is_object()) fail("it must be an object; found " + kind_of(*value_));
    std::vector<std::pair<std::string, Item>> out;
    for (const auto& [key, value] : value_->items())
        out.emplace_back(key, Item(value, file_, excerpt(path_.empty() ? key : path_ + "." + key)));
    return out;
}

std::string Item::text() const {
    if (!value_->is_string()) fail("it must be a text; found " + kind_of(*value_));
    return value_->get<std::string>();
}

double Item::number() const {
    if (!value_->is_number()) fail("it must be a number; found " + kind_of(*value_));
    const auto out = value_->get<double>();
    if (!std::isfinite(out)) fail(fmt::format("{} is no finite number", out));
    return out;
}

bool Item::flag() const {
    if (!value_->is_boolean()) fail("it must be true or false; found " + kind_of(*value_));
    return value_->get<bool>();
}

std::string Item::path() const {
    const std::string name = text();
    if (name.empty() || name.find('\0') != name.npos) fail("it names no file");
    if (const std::size_t at = name.find('$'); at != name.npos)
        fail(fmt::format("'{}': the manifest does not say what '{}' is", excerpt(name, 80),
                         excerpt(name.substr(at, name.find('/', at) - at), 40)));
    const std::filesystem::path here(name);
    if (here.is_absolute()) return name;
    return (std::filesystem::path(file_).parent_path() / here).lexically_normal().string();
}

std::unique_ptr<Json> read_json(const std::string& file) {
    std::string text = read_small_text(file);
    require_room(text.size() * 32, file);
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    const auto watch = [&](int depth, Json::parse_event_t, Json&) {
        if (depth > deepest)
            throw FileError(fmt::format("{}: it is nested deeper than {} levels", file, deepest));
        return true;
    };
    try {
        return std::make_unique<Json>(Json::parse(text, watch));
    } catch (const Json::parse_error& e) {
        throw FileError(
            fmt::format("{}: this is no JSON", place_of(file, text, e.byte ? e.byte - 1 : 0)));
    } catch (const Json::exception&) {
        throw FileError(file + ": it has a number that is too large");
    }
}

}  // namespace snnsim::sonata
