// Checksums that others have printed of published files.
#pragma once

#include <string>

namespace snnsim {

/// Where `path` has the name of an unpacked file whose MD5 was published, and another MD5: a text
/// that says so. Files have been released anew, so that it is no error.
std::string another_sum(const std::string& path);

/// Of an archive that is to be unpacked first: whether it is the published one, whole. Empty where
/// `path` is none.
std::string about_archive(const std::string& path);

}  // namespace snnsim
