#include "src/text/shell_words.hpp"

#include "snnsim/error.hpp"

namespace snnsim {

std::vector<std::string> shell_words(const std::string& text) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = 0;
    for (std::size_t k = 0; k < text.size(); ++k) {
        const char c = text[k];
        if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
            in_word = false;
            continue;
        }
        if (!in_word) words.emplace_back();
        in_word = true;
        const bool escapes = c == '\\' && quote != '\'' && k + 1 < text.size();
        if (c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (escapes && (quote == 0 || text[k + 1] == '"' || text[k + 1] == '\\')) {
            words.back() += text[++k];
        } else {
            words.back() += c;
        }
    }
    if (quote != 0) throw UsageError("the quote " + std::string(1, quote) + " does not end");
    return words;
}

}  // namespace snnsim
