// Replaces a file so that a reader, or a crash at any moment, meets the old one or the new one,
// complete.
#pragma once

#include <functional>
#include <string>

namespace snnsim {

/// Calls `write` with the path of a temporary file in the same folder (made if it is missing),
/// flushes that file to the disk and renames it to `path`. When anything fails the temporary file
/// is removed and FileError says why.
void replace_file(const std::string& path, const std::function<void(const std::string&)>& write);

/// The same with a text.
void save_text(const std::string& path, const std::string& text);

/// Removes a file that is needed no more, and what killed processes of this machine left unfinished
/// of it. What cannot be removed stays.
void remove_with_leftovers(const std::string& path);

}  // namespace snnsim
