#include "src/text/excerpt.hpp"

#include <algorithm>

namespace snnsim {
namespace {

constexpr std::string_view gap = "...";

bool continues(char c) {  // a character of several bytes (UTF-8)
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}
std::size_t characters(std::string_view text) {
    return text.size() -
           static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}
/// The first `count` characters, or the last.
std::string_view first(std::string_view text, std::size_t count) {
    std::size_t end = 0;
    for (; end < text.size() && count > 0; --count) {
        do {
            ++end;
        } while (end < text.size() && continues(text[end]));
    }
    return text.substr(0, end);
}
std::string_view last(std::string_view text, std::size_t count) {
    std::size_t begin = text.size();
    for (; begin > 0 && count > 0; --count) {
        do {
            --begin;
        } while (begin > 0 && continues(text[begin]));
    }
    return text.substr(begin);
}
std::string printable(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](unsigned char c) { return (c < ' ' && c != '\t') || c == 127; },
        ' ');
    return out;
}

}  // namespace

std::string excerpt(std::string_view text, std::size_t most) {
    if (text.size() <= most || characters(text) <= most) return printable(text);
    const std::size_t end = (most - gap.size()) / 4, begin = most - gap.size() - end;
    return printable(first(text, begin)) + std::string(gap) + printable(last(text, end));
}

Excerpt excerpt_around(std::string_view line, std::size_t place, std::size_t most) {
    place = std::min(place, line.size());
    if (line.size() <= most || characters(line) <= most)
        return {printable(line), printable(line.substr(0, place))};
    const std::size_t before = characters(line.substr(0, place)),
                      after = characters(line.substr(place));
    // As much on either side, and what one side does not need for the other.
    std::size_t left = std::min(before, std::max(most / 2, most - std::min(most, after)));
    std::size_t right = std::min(after, most - left);
    const bool cut_left = left < before, cut_right = right < after;
    if (cut_left) left -= std::min(left, gap.size());
    if (cut_right) right -= std::min(right, gap.size());
    const std::string begin =
        std::string(cut_left ? gap : "") + printable(last(line.substr(0, place), left));
    return {begin + printable(first(line.substr(place), right)) + std::string(cut_right ? gap : ""),
            begin};
}

std::string bounded(std::string_view text, std::size_t longest, std::size_t lines) {
    std::string out;
    std::size_t start = 0;
    for (std::size_t n = 0; n < lines; ++n) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::string_view line = text.substr(start, end - start);
        if (n > 0) out += '\n';
        out += line.size() <= longest ? std::string(line) : excerpt(line, longest);
        if (end == text.size()) return out;
        start = end + 1;
    }
    return out + "\n" + std::string(gap);
}

}  // namespace snnsim
