#include "src/text/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "src/text/excerpt.hpp"

namespace snnsim {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// 0x10, 0o17, 0b11: the value, if it is such a number.
bool of_another_base(std::string_view text, std::uint64_t& value) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (text.size() < 3 || text[0] != '0') return false;
    const char letter = static_cast<char>(text[1] | 0x20);
    const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (base == 0) return false;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + 2, last, value, base);
    return error == std::errc{} && end == last;
}

/// A digit after a leading 0: octal to some readers of YAML, decimal to others.
bool leads_with_zero(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return text.size() > 1 && text[0] == '0' && is_digit(text[1]);
}

/// The text without the marks between thousands, if that is all that is wrong.
std::string without_marks(std::string_view text) {
    std::string out(text);
    out.erase(std::remove_if(out.begin(), out.end(),
                             [](char c) { return c == '_' || c == ',' || c == '\''; }),
              out.end());
    return out;
}

/// What to write instead of what is no whole number.
std::string advice(std::string_view text) {
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    if (std::uint64_t value = 0; of_another_base(text, value))
        return fmt::format(" (write it in decimal digits: {}{})", text[0] == '-' ? "-" : "", value);
    if (text.starts_with('+') && text.size() > 1 && is_digit(text[1]))
        return fmt::format(" (write {})", excerpt(text.substr(1)));
    if (leads_with_zero(text) && std::all_of(digits.begin(), digits.end(), is_digit)) {
        const std::size_t at = std::min(digits.find_first_not_of('0'), digits.size() - 1);
        return fmt::format(" (without the leading 0, which some read as octal: {}{})",
                           text[0] == '-' ? "-" : "", excerpt(digits.substr(at)));
    }
    if (!digits.empty() && is_digit(digits[0])) {
        const std::string plain = without_marks(digits);
        if (plain.size() < digits.size() && std::all_of(plain.begin(), plain.end(), is_digit))
            return fmt::format(" (write its digits alone: {}{})", text[0] == '-' ? "-" : "",
                               excerpt(plain));
    }
    double number = 0.0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    constexpr double exact = 9007199254740992.0;  // 2^53
    if (error == std::errc{} && end == last && std::abs(number) <= exact &&
        number == std::floor(number))
        return fmt::format(" (write {:.0f})", number);
    return "";
}

template <class T>
std::string whole(std::string_view text, T low, T high, T& out) {
    constexpr bool may_be_negative = std::signed_integral<T>;
    const std::string_view digits =
        may_be_negative && text.starts_with('-') ? text.substr(1) : text;
    const bool negative = text.starts_with('-') && text.size() > 1 &&
                          std::all_of(text.begin() + 1, text.end(), is_digit);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit) ||
        leads_with_zero(text)) {
        return fmt::format("must be a {}whole number; found '{}'{}",
                           may_be_negative ? "" : "non-negative ", excerpt(text),
                           negative && !may_be_negative ? "" : advice(text));
    }
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && number >= low && number <= high) {
        out = number;
        return "";
    }
    const bool below = error == std::errc{} ? number < low : text[0] == '-';
    return fmt::format("must be at {} {}; found '{}'", below ? "least" : "most", below ? low : high,
                       excerpt(text));
}

}  // namespace

std::string read_whole(std::string_view text, std::int64_t low, std::int64_t high,
                       std::int64_t& out) {
    return whole(text, low, high, out);
}
std::string read_whole(std::string_view text, std::uint64_t low, std::uint64_t high,
                       std::uint64_t& out) {
    return whole(text, low, high, out);
}

std::string read_decimal(std::string_view text, double& out, std::string_view& rest) {
    std::string_view number = text.starts_with('+') ? text.substr(1) : text;
    const std::string_view digits = number.starts_with('-') ? number.substr(1) : number;
    const char* const last = number.data() + number.size();
    const bool starts =
        !digits.empty() &&
        (is_digit(digits[0]) || (digits[0] == '.' && digits.size() > 1 && is_digit(digits[1])));
    const std::string_view word = digits.starts_with('.') ? digits.substr(1) : digits;
    const auto says = [&](std::string_view what) {  // .inf, Infinity, NaN: YAML's and others'
        return word.size() >= what.size() &&
               std::equal(what.begin(), what.end(), word.begin(),
                          [](char a, char b) { return a == (b | 0x20); }) &&
               (word.size() == what.size() || word[what.size()] == ' ');
    };
    if (says("inf") || says("infinity") || says("nan"))
        return fmt::format("must be finite; found '{}'", excerpt(text));
    if (!starts) return fmt::format("'{}' is no number", excerpt(text));
    if (digits.size() > 2 && digits[0] == '0' && (digits[1] | 0x20) == 'x')
        return fmt::format("'{}' is hexadecimal; write it in decimal digits", excerpt(text));
    if (leads_with_zero(number))
        return fmt::format("'{}' has a leading 0, which some read as octal; leave it out",
                           excerpt(text));
    const auto [end, error] = std::from_chars(number.data(), last, out);
    rest = number.substr(static_cast<std::size_t>(end - number.data()));
    if (error == std::errc::result_out_of_range) {
        // Too far from 0 or too near: what is left of the number's exponent tells.
        const std::string_view all =
            number.substr(0, static_cast<std::size_t>(end - number.data()));
        const std::size_t e = all.find_first_of("eE");
        const bool small = (e != std::string_view::npos && all.substr(e + 1).starts_with('-')) ||
                           (e == std::string_view::npos && digits[0] == '0');
        return small ? fmt::format("'{}' is too near 0: write 0, or at least {:.3g}", excerpt(text),
                                   std::numeric_limits<double>::min())
                     : fmt::format("must be finite; found '{}' (at most {:.4g})", excerpt(text),
                                   std::numeric_limits<double>::max());
    }
    if (!rest.empty() && (rest[0] == '_' || rest[0] == '\''))
        return fmt::format("'{}': write a number's digits without '{}'", excerpt(text), rest[0]);
    if (rest.size() > 1 && rest[0] == ',' && is_digit(rest[1]))
        return fmt::format("'{}': write a number with a point, and nothing between thousands",
                           excerpt(text));
    return "";
}

}  // namespace snnsim
