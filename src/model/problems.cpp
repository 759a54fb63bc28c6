#include "src/model/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "snnsim/error.hpp"

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
bool same(const Problem& a, const Problem& b) {
    const bool key = a.names_nothing && b.names_nothing && a.override_text.empty();
    return a.at == b.at && a.override_text == b.override_text && (key || a.message == b.message);
}

bool contains(const Value& value, const Location& at) {
    return value.at == at ||
           std::any_of(value.list.begin(), value.list.end(),
                       [&](const Value& v) { return contains(v, at); }) ||
           std::any_of(value.map.begin(), value.map.end(),
                       [&](const Entry& e) { return e.at == at || contains(e.value, at); });
}

}  // namespace

void Problems::add(const Value& where, const std::string& message) {
    problems_.push_back({where.at, where.override_text, message});
}
void Problems::add(const Location& at, const std::string& message) {
    problems_.push_back({at, "", message});
}
void Problems::add_unknown(const Entry& entry, const std::string& message) {
    problems_.push_back({entry.at, entry.value.override_text, message, true});
}

bool Problems::inside(const Value& value) const {
    return std::any_of(problems_.begin(), problems_.end(),
                       [&](const Problem& p) { return contains(value, p.at); });
}

std::string Problems::describe(const Problem& problem) const {
    if (!problem.override_text.empty()) {
        return fmt::format("--set {}: {}", problem.override_text, problem.message);
    }
    if (problem.at.line == 0) return fmt::format("{}: {}", path_, problem.message);

    // YAML's columns count bytes; people and editors count characters.
    const std::string line = source_line(text_, problem.at.line);
    std::string before = line.substr(0, static_cast<std::size_t>(problem.at.column - 1));
    before.erase(std::remove_if(before.begin(), before.end(),
                                [](unsigned char c) { return (c & 0xC0) == 0x80; }),
                 before.end());
    const std::size_t column = before.size() + 1;
    std::transform(before.begin(), before.end(), before.begin(),
                   [](char c) { return c == '\t' ? '\t' : ' '; });
    return fmt::format("{}:{}:{}: {}\n    {}\n    {}^", path_, problem.at.line, column,
                       problem.message, line, before);
}

void Problems::throw_if_any() const {
    if (problems_.empty()) return;
    std::vector<Problem> sorted = problems_;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
    });
    std::string out;
    bool usage = false;
    for (std::size_t k = 0; k < sorted.size(); ++k) {
        const Problem& p = sorted[k];
        if (std::any_of(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(k),
                        [&](const Problem& q) { return same(p, q); })) {
            continue;
        }
        out += (out.empty() ? "" : "\n") + describe(p);
        usage = usage || (!p.override_text.empty() && p.names_nothing);
    }
    if (usage) throw UsageError(out);
    throw ModelError(out);
}

}  // namespace snnsim
