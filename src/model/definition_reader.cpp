#include "src/model/definition_reader.hpp"

#include <algorithm>

namespace snnsim {
namespace {

/// Where a character of a scalar stands in the file. The line of the scalar that has it is looked
/// for from where the scalar begins: so it is found in quotes and in blocks, too.
Location place_in(const std::string& file, const Value& scalar, std::size_t at) {
    const std::string& text = scalar.text;
    at = std::min(at, text.size());
    const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    const std::size_t first = before == std::string::npos ? 0 : before + 1;
    const std::string line = text.substr(first, text.find('\n', first) - first);
    std::size_t from = 0;
    for (int k = 1; k < scalar.at.line && from != std::string::npos; ++k) {
        from = file.find('\n', from);
        if (from != std::string::npos) ++from;
    }
    if (from == std::string::npos || scalar.at.line == 0) return scalar.at;
    const std::size_t begin =
        std::min(file.size(), from + static_cast<std::size_t>(std::max(0, scalar.at.column - 1)));
    const std::size_t found = line.empty() ? std::string::npos : file.find(line, begin);
    if (found == std::string::npos) return scalar.at;
    const auto ends =
        static_cast<int>(std::count(file.begin() + static_cast<std::ptrdiff_t>(begin),
                                    file.begin() + static_cast<std::ptrdiff_t>(found), '\n'));
    const std::size_t start = found == 0 ? std::string::npos : file.rfind('\n', found - 1);
    const std::size_t column = found - (start == std::string::npos ? 0 : start + 1) + (at - first);
    return {scalar.at.line + ends, static_cast<int>(column) + 1};
}

}  // namespace

SourceText FieldReader::DefinitionReader::add(const Value& value, std::size_t from,
                                              std::size_t size) {
    places_.push_back({&value, from});
    return {value.text.substr(from, size), places_.size()};
}

void FieldReader::DefinitionReader::scalar(const char* key, std::optional<SourceText>& to) {
    const Value* const v = entry_.value.find(key);
    if (!v) return;
    std::string ignored;
    reader_.read_scalar(*v, {key}, ignored);
    if (v->kind == Value::Kind::scalar) to = add(*v);
}

void FieldReader::DefinitionReader::named(const char* key, std::vector<NamedText>& to) {
    const Value* const v = entry_.value.find(key);
    if (!v || v->kind == Value::Kind::null) return;
    if (!reader_.expect_map(*v, key)) return;
    for (const Entry& e : v->map) {
        std::string ignored;
        reader_.read_scalar(e.value, {e.key.c_str()}, ignored);
        if (e.value.kind == Value::Kind::scalar) to.emplace_back(e.key, add(e.value));
    }
}

void FieldReader::DefinitionReader::lines(const char* key, std::vector<SourceText>& to) {
    const Value* const v = entry_.value.find(key);
    if (!v || v->kind == Value::Kind::null) return;
    if (v->kind == Value::Kind::scalar) return split(*v, to);
    if (v->kind != Value::Kind::list) {
        reader_.problems_.add(*v,
                              fmt::format("{} must be a list of texts, not {}", key, describe(*v)));
        return;
    }
    for (const Value& item : v->list) {
        if (item.kind == Value::Kind::map) {
            reader_.problems_.add(item, fmt::format("to YAML, a line of {} with ': ' in it is a "
                                                    "mapping; put it in quotes",
                                                    key));
            continue;
        }
        std::string ignored;
        reader_.read_scalar(item, {key}, ignored);
        if (item.kind != Value::Kind::scalar) continue;
        if (std::count(item.text.begin(), item.text.end(), '(') >
            std::count(item.text.begin(), item.text.end(), ')')) {
            reader_.problems_.add(
                item, fmt::format("a ')' is missing; in a list [...] of {} YAML ends an item at "
                                  "','; put a line with ',' in it in quotes",
                                  key));
            return;
        }
        split(item, to);
    }
}
void FieldReader::DefinitionReader::split(const Value& text, std::vector<SourceText>& to) {
    for (std::size_t from = 0; from < text.text.size();) {
        const std::size_t line_end = std::min(text.text.find('\n', from), text.text.size());
        const std::size_t comment = std::min(text.text.find('#', from), line_end);
        while (from < comment) {
            const std::size_t end = std::min(text.text.find(';', from), comment);
            if (text.text.find_first_not_of(" \t\r", from) < end)
                to.push_back(add(text, from, end - from));
            from = end + 1;
        }
        from = line_end + 1;
    }
}

void FieldReader::DefinitionReader::check_keys(const std::vector<std::string>& known) {
    reader_.check_unknown(entry_.value, entry_.key.c_str(), known, nullptr);
}

void FieldReader::DefinitionReader::check_parameters(const std::vector<NamedText>& parameters,
                                                     const char* owners,
                                                     const std::vector<std::string>& keys) {
    for (const auto& [name, source] : parameters) {
        if (std::find(keys.begin(), keys.end(), name) != keys.end())
            reader_.problems_.add(
                *value(source),
                fmt::format("'{}' is a key of {}; call the parameter otherwise", name, owners));
        for (const auto& [other, ignored] : parameters) {
            if (name != other + "_units") continue;
            reader_.problems_.add(*value(source),
                                  fmt::format("'{}' is where the run file has the unit of '{}'; "
                                              "call the parameter otherwise",
                                              name, other));
        }
    }
}

ReportProblem FieldReader::DefinitionReader::report() {
    return [this](const SourceText& s, std::size_t at, const std::string& message) {
        const Value* const v = value(s);
        if (!v) {
            reader_.problems_.add(entry_.at, message);
        } else if (!v->override_text.empty()) {
            reader_.problems_.add(*v, message);
        } else {
            reader_.problems_.add(place(s, at), message);
        }
    };
}

Location FieldReader::DefinitionReader::place(const SourceText& s, std::size_t at) const {
    const Value* const v = value(s);
    if (!v) return entry_.at;
    return place_in(reader_.problems_.text(), *v, places_[s.id - 1].from + at);
}

}  // namespace snnsim
