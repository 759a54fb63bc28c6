// Words for messages: the nearest known name, and lists of names.
#pragma once

#include <string>
#include <vector>

namespace snnsim {

/// "; did you mean 'x'?" with the nearest of the known names, or "" when none is near.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& known);
/// "; did you mean 'x'? (there are: x, y)", or "; there is none" where nothing is known.
std::string those_there_are(const std::string& name, const std::vector<std::string>& known);
/// "a, b, c"
std::string join(const std::vector<std::string>& names);

}  // namespace snnsim
