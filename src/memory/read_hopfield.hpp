// A file with `hopfield`, from its text to a checked description with the patterns that it names.
#pragma once

#include "snnsim/hopfield_spec.hpp"

namespace snnsim {

/// Whether the text describes such a network: it has the key `hopfield`.
bool is_hopfield(const std::string& text);

/// Throws ModelError with every problem and its place, UsageError for an override that names
/// nothing.
HopfieldModel parse_hopfield(const std::string& text, const std::string& path,
                             const std::vector<std::string>& overrides);

}  // namespace snnsim
