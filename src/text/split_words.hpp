// The words of a line of a table.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace snnsim {

/// Cut at any of `between`, without quotes around them.
inline std::vector<std::string_view> split_words(std::string_view line,
                                                 std::string_view between = ",; \t\r") {
    std::vector<std::string_view> words;
    for (std::size_t at = line.find_first_not_of(between); at != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(between, at), line.size());
        std::string_view word = line.substr(at, end - at);
        if (word.size() > 1 && word.front() == '"' && word.back() == '"')
            word = word.substr(1, word.size() - 2);
        words.push_back(word);
        at = line.find_first_not_of(between, end);
    }
    return words;
}

}  // namespace snnsim
