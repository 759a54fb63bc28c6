#include "src/model/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <tuple>
#include <utility>

#include "snnsim/error.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim {
namespace {

std::string source_line(const std::string& text, int line) {
    std::istringstream lines(text);
    std::string out;
    for (int k = 0; k < line; ++k) {
        if (!std::getline(lines, out)) return "";
    }
    if (!out.empty() && out.back() == '\r') out.pop_back();
    return out;
}

/// What several mappings share through an anchor is wrong once.
std::tuple<int, int, std::string, std::string> identity(const Problem& p) {
    const bool key = p.names_nothing && p.override_text.empty();
    return {p.at.line, p.at.column, p.override_text, key ? "unknown key" : p.message};
}

}  // namespace

void Problems::put(Problem problem) {
    const Place place{problem.at.line, problem.at.column};
    if (closed_.contains(place)) return;
    if (!problem.of_command_line) places_.insert(place);
    problems_.push_back(std::move(problem));
}
void Problems::add(const Value& where, const std::string& message) {
    put({where.at, where.override_text, message});
}
void Problems::add(const Location& at, const std::string& message) {
    put({at, "", message});
}
void Problems::add_unknown(const Entry& entry, const std::string& message) {
    put({entry.at, entry.value.override_text, message, true});
}
void Problems::add_last(const Value& where, const std::string& message) {
    add(where, message);
    closed_.emplace(where.at.line, where.at.column);
}
void Problems::add_of_command_line(const std::string& message) {
    put({{}, "", message, false, true});
}

bool Problems::inside(const Value& value) const {
    return !places_.empty() && contains(value);
}
bool Problems::contains(const Value& value) const {
    return places_.contains({value.at.line, value.at.column}) ||
           std::any_of(value.list.begin(), value.list.end(),
                       [&](const Value& v) { return contains(v); }) ||
           std::any_of(value.map.begin(), value.map.end(), [&](const Entry& e) {
               return places_.contains({e.at.line, e.at.column}) || contains(e.value);
           });
}

std::string Problems::headline(const Problem& problem) const {
    if (!problem.override_text.empty())
        return fmt::format("--set {}: {}", excerpt(problem.override_text), problem.message);
    if (problem.at.line == 0) return fmt::format("{}: {}", path_, problem.message);
    // YAML's columns count bytes; people and editors count characters.
    const std::string line = source_line(text_, problem.at.line);
    const std::string before =
        line.substr(0, std::min(line.size(), static_cast<std::size_t>(problem.at.column - 1)));
    const auto characters = std::count_if(before.begin(), before.end(),
                                          [](unsigned char c) { return (c & 0xC0) != 0x80; });
    return fmt::format("{}:{}:{}: {}", path_, problem.at.line, characters + 1, problem.message);
}

std::string Problems::describe(const Problem& problem) const {
    if (problem.of_command_line) return problem.message;
    const std::string first = headline(problem);
    if (!problem.override_text.empty() || problem.at.line == 0) return first;
    const std::string line = source_line(text_, problem.at.line);
    Excerpt shown = excerpt_around(
        line, std::min(line.size(), static_cast<std::size_t>(problem.at.column - 1)));
    std::string& before = shown.before;
    before.erase(std::remove_if(before.begin(), before.end(),
                                [](unsigned char c) { return (c & 0xC0) == 0x80; }),
                 before.end());
    std::transform(before.begin(), before.end(), before.begin(),
                   [](char c) { return c == '\t' ? '\t' : ' '; });
    return fmt::format("{}\n    {}\n    {}^", first, shown.text, before);
}

void Problems::warn(const Value& where, const std::string& message) {
    warnings_.push_back({where.at, where.override_text, message});
}

std::vector<std::string> Problems::warnings() const {
    std::vector<Problem> sorted = warnings_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
    });
    std::vector<std::string> out;
    for (const Problem& p : sorted) {
        std::string line = headline(p);
        if (std::find(out.begin(), out.end(), line) == out.end()) out.push_back(std::move(line));
    }
    return out;
}

void Problems::throw_if_any() const {
    if (problems_.empty()) return;
    std::vector<Problem> sorted = problems_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
    });
    constexpr std::size_t most_told = 50;
    std::set<std::tuple<int, int, std::string, std::string>> told;
    std::string out;
    bool usage = false;
    for (const Problem& p : sorted) {
        if (!told.insert(identity(p)).second) continue;
        if (told.size() <= most_told) out += (out.empty() ? "" : "\n") + describe(p);
        usage = usage || p.of_command_line || (!p.override_text.empty() && p.names_nothing);
    }
    if (told.size() > most_told)
        out += fmt::format("\n{}: and {} more problems", path_, told.size() - most_told);
    if (usage) throw UsageError(out);
    throw ModelError(out);
}

}  // namespace snnsim
