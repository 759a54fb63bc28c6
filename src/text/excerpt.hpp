// What a message shows of a text that may be long: a file may hold a line of many megabytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace snnsim {

inline constexpr std::size_t most_quoted = 160;  // characters

/// The text where it is short; else its beginning, "..." and its end, in `most` characters. On one
/// line, and without control characters, which a terminal would obey.
std::string excerpt(std::string_view text, std::size_t most = most_quoted);

/// The part of a line around a place (bytes before it), and the characters of the part before it.
struct Excerpt {
    std::string text, before;
};
Excerpt excerpt_around(std::string_view line, std::size_t place, std::size_t most = most_quoted);

/// Each line cut to `longest` characters, and all of it to `lines` lines: for a text that has been
/// put together of parts of which none should be long.
std::string bounded(std::string_view text, std::size_t longest = 2000, std::size_t lines = 1000);

}  // namespace snnsim
