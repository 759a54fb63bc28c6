// Numbers and commands as people write them: "1 spike", "1,234 spikes".
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>

namespace snnsim {

/// 1234567 -> "1,234,567"
inline std::string grouped(std::int64_t number) {
    std::string text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0);
         at -= 3) {
        text.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return text;
}

/// The word alone: plural(1, "spike") is "spike", plural(2, "bias", "biases") is "biases".
inline std::string plural(std::int64_t number, const std::string& one,
                          const std::string& many = "") {
    return number == 1 ? one : many.empty() ? one + "s" : many;
}
/// counted(1234, "spike") is "1,234 spikes".
inline std::string counted(std::int64_t number, const std::string& one,
                           const std::string& many = "") {
    return grouped(number) + " " + plural(number, one, many);
}

/// A word of a command that can be pasted into a shell: in quotes where it needs them.
inline std::string shell_word(const std::string& word) {
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
        return std::isalnum(c) ||
               std::string("_-./=+:,@%").find(static_cast<char>(c)) != std::string::npos;
    });
    if (plain) return word;
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

/// The command that goes on with the run whose file has the path.
inline std::string resume_command(const std::string& path) {
    return "snnsim --resume " + shell_word(path);
}

/// How wide a column of names is: as the longest, and `least` at least.
template <class Items, class NameOf>
std::size_t column_width(const Items& items, std::size_t least, NameOf&& name) {
    for (const auto& item : items) least = std::max(least, name(item).size());
    return least;
}

}  // namespace snnsim
