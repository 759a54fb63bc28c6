#include "src/model/yaml_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>
#include <vector>

#include "src/text/excerpt.hpp"

namespace snnsim {
namespace {

/// Walks a text as far as quotes and brackets go: what they hold, comments and block texts ('|')
/// are passed over.
class Scan {
  public:
    explicit Scan(std::string_view text) : text_(text) {
        while (at_ < text_.size() && !quote_) step();
    }

    struct Quote {
        std::size_t open;
        std::optional<std::size_t> end;  // where it closes before what cannot follow it
    };
    /// A quote that is never closed, or whose end in another line shows that it should have been.
    const std::optional<Quote>& quote() const { return quote_; }
    /// The innermost bracket that is still open.
    std::optional<std::size_t> bracket() const {
        if (brackets_.empty()) return std::nullopt;
        return brackets_.back();
    }

  private:
    bool in_list() const { return !brackets_.empty(); }

    void step() {
        const char c = text_[at_];
        if (c == '\n') {
            end_line();
            return;
        }
        if (c == '#' && (at_ == 0 || std::isspace(static_cast<unsigned char>(text_[at_ - 1])))) {
            at_ = std::min(text_.find('\n', at_), text_.size());
            return;
        }
        if (c == ' ' || c == '\t' || c == '\r') {
            ++at_;
            return;
        }
        if (starts_value_ && (c == '"' || c == '\'')) {
            pass_quote(c);
        } else if ((starts_value_ || in_list()) && (c == '[' || c == '{')) {
            brackets_.push_back(at_++);
            starts_value_ = true;
        } else if (in_list() && (c == ']' || c == '}')) {
            brackets_.pop_back();
            ++at_;
            starts_value_ = false;
        } else {
            const bool before_space =
                at_ + 1 >= text_.size() || std::isspace(static_cast<unsigned char>(text_[at_ + 1]));
            const bool item = starts_value_ && c == '-' && before_space;
            const bool after_key = c == ':' && (before_space || after_quote_);
            if ((c == '|' || c == '>') && starts_value_ && !in_list()) block_ = true;
            starts_value_ = item || after_key || (c == ',' && in_list()) ||
                            // an anchor or a tag comes before its value
                            (starts_value_ && (c == '&' || c == '!') && pass_word());
            ++at_;
        }
        after_quote_ = (c == '"' || c == '\'') && !starts_value_;
    }

    /// Leaves at_ at the last character of the word.
    bool pass_word() {
        while (at_ + 1 < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_ + 1])))
            ++at_;
        return true;
    }

    void end_line() {
        ++at_;
        starts_value_ = true;
        if (!block_) {
            line_ = at_;
            return;
        }
        block_ = false;
        const std::size_t indent = indent_at(line_);
        while (at_ < text_.size()) {
            const std::size_t end = std::min(text_.find('\n', at_), text_.size());
            const bool blank =
                text_.substr(at_, end - at_).find_first_not_of(" \t\r") == std::string_view::npos;
            if (!blank && indent_at(at_) <= indent) break;
            at_ = std::min(end + 1, text_.size());
        }
        line_ = at_;
    }
    std::size_t indent_at(std::size_t line) const {
        const std::size_t first = text_.find_first_not_of(' ', line);
        return (first == std::string_view::npos ? text_.size() : first) - line;
    }

    void pass_quote(char mark) {
        const std::size_t open = at_++;
        bool lines = false;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            lines = lines || c == '\n';
            if (mark == '"' && c == '\\') {
                ++at_;
            } else if (c == mark) {
                if (mark != '\'' || at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') break;
                ++at_;  // '' stands for one
            }
        }
        if (at_ >= text_.size()) {
            quote_ = Quote{open, std::nullopt};
            return;
        }
        const std::size_t close = at_++;
        constexpr std::string_view after = " \t\r\n,:]}";
        if (lines && at_ < text_.size() && after.find(text_[at_]) == std::string_view::npos)
            quote_ = Quote{open, close};
        starts_value_ = false;
    }

    std::string_view text_;
    std::size_t at_ = 0, line_ = 0;
    std::vector<std::size_t> brackets_;
    std::optional<Quote> quote_;
    bool starts_value_ = true, after_quote_ = false, block_ = false;
};

Location location_in(const std::string& text, std::size_t place) {
    const std::string_view before = std::string_view(text).substr(0, place);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t line = before.rfind('\n');
    return {static_cast<int>(lines) + 1,
            static_cast<int>(place - (line == std::string_view::npos ? 0 : line + 1)) + 1};
}

struct Words {
    std::string_view library, ours;
};
/// By the beginning of what the library says.
constexpr std::array words{
    Words{"end of sequence flow not found",
          "a list in [...] needs ',' between its items and ']' at its end"},
    Words{"end of map flow not found",
          "a mapping in {...} needs ',' between its keys and '}' at its end"},
    Words{"end of sequence not found",
          "this belongs to no item of the list above: items begin with '- ', indented alike"},
    Words{"end of map not found",
          "this is no 'key: value' that belongs to the mapping above: is the indentation the same, "
          "and is there a ':'?"},
    Words{"illegal map value",
          "a ':' cannot stand here: a line has one 'key: value'; put text with ': ' in it in "
          "quotes"},
    Words{"illegal map key", "a key cannot begin here; each stands at the beginning of its line"},
    Words{"illegal block entry",
          "'- ' cannot begin an item here; items stand in lines of their own, indented alike"},
    Words{"illegal flow end", "there is no '[' or '{' that this closes"},
    Words{"unknown token", "no value can begin with this character; put the text in quotes"},
    Words{"illegal tab", "a tab cannot stand here"},
    Words{"the referenced anchor is not defined",
          "no anchor of this name stands above; write '&name' where the value is first"},
    Words{"alias not found", "a name must follow '*'"},
    Words{"anchor not found", "a name must follow '&'"},
    Words{"illegal character found while scanning a",
          "this character cannot stand in a name of an "
          "anchor"},
    Words{"aliases can't have any content", "'*name' stands for a value, so nothing can follow it"},
    Words{"cannot assign multiple", "a value has one anchor or tag at most"},
    Words{"cannot assign the same alias", "a value has one anchor at most"},
    Words{"unknown escape character",
          "no such escape in double quotes; write '\\\\' for a '\\', or use single quotes"},
    Words{"bad character found while scanning hex", "an escape needs hexadecimal digits here"},
    Words{"invalid unicode", "an escape for a character that does not exist"},
    Words{"illegal document indicator in scalar",
          "a line '---' or '...' inside a quoted text: is its closing quote missing?"},
    Words{"illegal EOF in scalar", "the file ends inside a quoted text"},
    Words{"cannot set zero indentation", "the number after '|' or '>' is the indentation, 1 to 9"},
    Words{"unexpected character in block scalar", "the text of '|' or '>' begins in the next line"},
    Words{"repeated", "a '%' line is there twice"},
    Words{"bad YAML version", "an unknown version of YAML; leave the '%YAML' line out"},
    Words{"YAML major version", "an unknown version of YAML; leave the '%YAML' line out"},
    Words{"YAML directives must", "'%YAML' takes one number; leave the line out"},
    Words{"TAG directives must", "a model file has no use for '%TAG'; leave the line out"},
    Words{"illegal character found while scanning tag", "a model file has no use for tags ('!')"},
    Words{"tag handle", "a model file has no use for tags ('!')"},
    Words{"end of verbatim tag", "a model file has no use for tags ('!')"},
    Words{"bad file", "nested too deeply"},  // of its own guard of recursion
    // Of our own Converter:
    Words{"nested too deeply", "nested too deeply"},
    Words{"too many values", "too many values"},
};

std::string in_our_words(const std::string& library) {
    for (const Words& w : words) {
        if (library.starts_with(w.library)) return std::string(w.ours);
    }
    return "nobody can tell what is meant here";
}

std::string_view line_of(std::string_view text, int line) {
    for (int k = 1; k < line; ++k) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find_first_of("\r\n"));
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Of a line that begins with 'key:value'.
std::optional<YamlError> missing_space_in(std::string_view line, int number) {
    const std::size_t key = std::min(line.find_first_not_of(" -"), line.size());
    std::size_t colon = key;
    while (colon < line.size() && is_word(line[colon])) ++colon;
    if (colon == key || colon + 1 >= line.size() || line[colon] != ':' ||
        std::isspace(static_cast<unsigned char>(line[colon + 1])) != 0)
        return std::nullopt;
    const std::string_view value = line.substr(colon + 1);
    return YamlError{{number, static_cast<int>(key) + 1},
                     space_is_missing(std::string(line.substr(key, colon - key)), value)};
}

/// Of 'key:{' where the library gave up, or of its line or the one above, which goes on as a text
/// does.
std::optional<YamlError> missing_space(const std::string& text, const Location& at) {
    const std::string_view here = line_of(text, at.line);
    const auto place = static_cast<std::size_t>(at.column - 1);
    if (place > 1 && place < here.size() && here[place - 1] == ':' &&
        (here[place] == '{' || here[place] == '[')) {
        std::size_t key = place - 1;
        while (key > 0 && is_word(here[key - 1])) --key;
        return YamlError{
            {at.line, static_cast<int>(key) + 1},
            space_is_missing(std::string(here.substr(key, place - 1 - key)), here.substr(place))};
    }
    if (const auto found = missing_space_in(here, at.line)) return found;
    if (at.line < 2) return std::nullopt;
    return missing_space_in(line_of(text, at.line - 1), at.line - 1);
}

}  // namespace

std::string space_is_missing(const std::string& key, std::string_view value) {
    const bool map = value.starts_with('{'), list = value.starts_with('[');
    return fmt::format("a space is missing after '{0}:'; write '{0}: {1}'", excerpt(key),
                       map    ? "{...}"
                       : list ? "[...]"
                              : excerpt(value));
}

std::optional<YamlError> unclosed_quote(const std::string& text) {
    const auto quote = Scan(text).quote();
    if (!quote || quote->end) return std::nullopt;
    return YamlError{
        location_in(text, quote->open),
        fmt::format("not valid YAML: this quote ({}) is never closed", text[quote->open])};
}

YamlError yaml_error(const std::string& text, const Location& at, const std::string& library) {
    const Scan scan(text);
    if (const auto& quote = scan.quote()) {
        const Location open = location_in(text, quote->open);
        const char mark = text[quote->open];
        if (!quote->end)
            return {open, fmt::format("not valid YAML: this quote ({}) is never closed", mark)};
        return {open, fmt::format("not valid YAML: this quote ({}) is closed only in line {}; is "
                                  "one missing in line {}?",
                                  mark, location_in(text, *quote->end).line, open.line)};
    }
    if (library.starts_with("illegal map value") || library.starts_with("end of map flow")) {
        if (const auto missing = missing_space(text, at)) return *missing;
    }
    if (const auto bracket = scan.bracket()) {
        const char open = text[*bracket];
        return {location_in(text, *bracket),
                fmt::format("not valid YAML: this '{}' is never closed by '{}'", open,
                            open == '[' ? ']' : '}')};
    }
    return {at, "not valid YAML: " + in_our_words(library)};
}

}  // namespace snnsim
