// Files of the user, looked at before they are read: pipes and devices never end, and no file
// should take more memory than it has to.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snnsim {

/// A file that a command reads, and what it is: "the model".
struct InputFile {
    std::string path, what;
};

/// Why `path` cannot be read as a file ("there is no such file", "it is a folder", "it is a named
/// pipe, ..."); empty where it can.
std::string why_unreadable(const std::string& path);

/// Whether a path names a folder of arrays (.npy), with a / at its end.
inline bool is_array_folder(std::string_view path) {
    return path.ends_with('/');
}

/// Throws FileError "cannot open PATH: ..." where it cannot be read.
void require_readable(const std::string& path);

/// The size in bytes of a file that can be read. Throws FileError.
std::uint64_t size_of_input(const std::string& path);

/// A model file or the like: small, or an error that says so. Throws FileError.
std::string read_small_text(const std::string& path);

/// A text of any length, line by line. Throws FileError that begins with `path` and the line where
/// it is no text (UTF-16, zeros) or has a line of more than a megabyte.
class LineReader {
  public:
    explicit LineReader(const std::string& path);

    /// The next line without its end and, of the first, without a byte order mark; valid until the
    /// next call. Nothing after the last.
    std::optional<std::string_view> next();
    /// Of the line that next() gave, from 1.
    std::size_t number() const { return number_; }

  private:
    bool refill();

    std::string path_;
    std::ifstream file_;
    std::vector<char> buffer_;
    std::size_t at_ = 0, end_ = 0;  // what is not yet given, in the buffer
    std::size_t number_ = 0;
};

}  // namespace snnsim
