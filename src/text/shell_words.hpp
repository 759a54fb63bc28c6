// The words of a command line.
#pragma once

#include <string>
#include <vector>

namespace snnsim {

/// As a shell cuts them: at blanks, but for those in quotes ('...', "...") or behind a backslash;
/// $ and * are letters like others. Throws UsageError where a quote does not end.
std::vector<std::string> shell_words(const std::string& text);

}  // namespace snnsim
