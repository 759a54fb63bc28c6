// Names of settings in tables.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace snnsim {

/// The shortest end of a dotted path, at its dots, that no other of `all` has: "E.size" of
/// "populations.E.size" beside "populations.I.size"; "size" where it is alone.
inline std::string short_path(const std::string& path, const std::vector<std::string>& all) {
    for (std::size_t dot = path.find_last_of('.'); dot != std::string::npos && dot > 0;
         dot = path.find_last_of('.', dot - 1)) {
        const std::string end = path.substr(dot);
        const bool alone = std::none_of(all.begin(), all.end(), [&](const std::string& other) {
            return other != path && ('.' + other).ends_with(end);
        });
        if (alone) return end.substr(1);
    }
    return path;
}

}  // namespace snnsim
