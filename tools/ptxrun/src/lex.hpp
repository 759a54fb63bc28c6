// PTX text to tokens.
#pragma once

#include <cctype>
#include <cstring>

#include "parse.hpp"

namespace ptxrun {

struct Token {
    enum Kind { word, integer, f32, f64, quoted, punct, end } kind = end;
    std::string text;
    std::int64_t value = 0;
    int line = 0;
};

inline std::vector<Token> lex(const std::string& s, const std::string& file) {
    std::vector<Token> out;
    int line = 1;
    std::size_t i = 0;
    const auto word_char = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' ||
               c == '.';
    };
    const auto at = [&](std::size_t k) { return k < s.size() ? s[k] : '\0'; };
    while (i < s.size()) {
        const char c = s[i];
        if (c == '\n') {
            ++line;
            ++i;
            continue;
        }
        if (std::isspace(static_cast<unsigned char>(c)) || c == '\0') {
            ++i;
            continue;
        }
        if (c == '/' && at(i + 1) == '/') {
            while (i < s.size() && s[i] != '\n') ++i;
            continue;
        }
        if (c == '/' && at(i + 1) == '*') {
            for (i += 2; i < s.size() && !(s[i] == '*' && at(i + 1) == '/'); ++i)
                line += s[i] == '\n';
            i += 2;
            continue;
        }
        Token t;
        t.line = line;
        if (c == '"') {
            const auto stop = s.find('"', i + 1);
            if (stop == std::string::npos)
                throw Error(file + ":" + std::to_string(line) + ": a string without end");
            t.kind = Token::quoted;
            t.text = s.substr(i + 1, stop - i - 1);
            i = stop + 1;
        } else if (std::isdigit(static_cast<unsigned char>(c))) {
            std::size_t stop = i;
            while (std::isalnum(static_cast<unsigned char>(at(stop))) || at(stop) == '.') ++stop;
            std::string digits = s.substr(i, stop - i);
            const char mark = digits.size() > 1 && c == '0' ? digits[1] : '\0';
            t.text = digits;
            if (mark == 'f' || mark == 'F') {
                t.kind = Token::f32;
                t.value = static_cast<std::int64_t>(std::stoull(digits.substr(2), nullptr, 16));
            } else if (mark == 'd' || mark == 'D') {
                t.kind = Token::f64;
                t.value = static_cast<std::int64_t>(std::stoull(digits.substr(2), nullptr, 16));
            } else if (digits.find('.') != std::string::npos) {
                const double d = std::stod(digits);
                t.kind = Token::f64;
                std::memcpy(&t.value, &d, 8);
            } else {
                t.kind = Token::integer;
                while (!digits.empty() && (digits.back() == 'U' || digits.back() == 'u'))
                    digits.pop_back();
                if (mark == 'b' || mark == 'B')
                    t.value = static_cast<std::int64_t>(std::stoull(digits.substr(2), nullptr, 2));
                else
                    t.value = static_cast<std::int64_t>(std::stoull(digits, nullptr, 0));
            }
            i = stop;
        } else if (word_char(c)) {
            std::size_t stop = i;
            while (word_char(at(stop)) || (at(stop) == ':' && at(stop + 1) == ':' && ++stop))
                ++stop;
            t.kind = Token::word;
            t.text = s.substr(i, stop - i);
            i = stop;
        } else {
            t.kind = Token::punct;
            t.text = std::string(1, c);
            ++i;
        }
        out.push_back(std::move(t));
    }
    out.push_back({Token::end, "", 0, line});
    return out;
}

}  // namespace ptxrun
