#include "src/text/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace snnsim {
namespace {

/// Letters added, dropped, changed or swapped with their neighbour to get from a to b (optimal
/// string alignment).
std::size_t edit_distance(const std::string& a, const std::string& b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> cost((a.size() + 1) * width);
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
        return cost[i * width + j];
    };
    for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
    for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
            at(i, j) = std::min({changed, at(i - 1, j) + 1, at(i, j - 1) + 1});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
        }
    }
    return cost.back();
}

/// As people write names: Tau-M is tau_m.
std::string plain(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
        return c == '-' || c == ' ' ? '_' : static_cast<char>(std::tolower(c));
    });
    return name;
}

std::size_t distance(const std::string& given, const std::string& known) {
    const std::string a = plain(given), b = plain(known);
    const std::size_t edits = edit_distance(a, b);
    const std::string &shorter = a.size() < b.size() ? a : b, &longer = a.size() < b.size() ? b : a;
    const bool part =
        shorter.size() > 1 && longer.find(shorter) != std::string::npos;  // tau of tau_m
    return part ? std::min<std::size_t>(edits, 1) : edits;
}

}  // namespace

std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) {
    constexpr std::size_t longest = 64;  // a longer one is no misspelt name
    if (name.empty() || name.size() > longest) return "";
    std::string best;
    // So many edits at most; ties go to what is nearer letter by letter, then to the first.
    std::pair nearest{(name.size() + 2) / 3, longest + 1};
    for (const std::string& candidate : known) {
        const std::pair d{distance(name, candidate), edit_distance(name, candidate)};
        if (d >= nearest || d.first >= std::max(name.size(), candidate.size())) continue;
        best = candidate;
        nearest = d;
    }
    return best.empty() ? "" : fmt::format("; did you mean '{}'?", best);
}

std::string those_there_are(const std::string& name, const std::vector<std::string>& known) {
    if (known.empty()) return "; there is none";
    return fmt::format("{} (there are: {})", did_you_mean(name, known), join(known));
}

std::string join(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace snnsim
