// What is wrong with a text that is no YAML, in our words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "snnsim/model_spec.hpp"

namespace snnsim {

struct YamlError {
    Location at;
    std::string message;
};

/// A quote that nothing closes. The YAML library takes all that follows for the quoted text.
std::optional<YamlError> unclosed_quote(const std::string& text);

/// Of 'key:value', or the beginning of one.
std::string space_is_missing(const std::string& key, std::string_view value);

/// `at` and `library` are where the YAML library gave up, and why. A quote or bracket that nothing
/// closes is told where it opens, which is where the mistake is.
YamlError yaml_error(const std::string& text, const Location& at, const std::string& library);

}  // namespace snnsim
