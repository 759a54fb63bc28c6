// The bytes of a file, and numbers of either order in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace snnsim {

using Bytes = std::span<const std::uint8_t>;

/// Throws FileError where the file cannot be read, or is larger than the memory that is free.
std::vector<std::uint8_t> read_bytes(const std::string& path);

/// The caller has looked that they are there.
inline std::uint32_t big_endian_32(Bytes bytes, std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
           std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}
inline std::uint16_t little_endian_16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
}
inline std::uint32_t little_endian_32(Bytes bytes, std::size_t at) {
    return std::uint32_t{bytes[at + 3]} << 24 | std::uint32_t{bytes[at + 2]} << 16 |
           std::uint32_t{bytes[at + 1]} << 8 | bytes[at];
}

/// The line that begins at `at`, without its end; `next` is where the one behind it begins. Of
/// bytes without an end of line nothing but what there is, with `next` behind all.
std::string_view line_at(Bytes bytes, std::size_t at, std::size_t& next);

/// Throws DataError where a file of AEDAT does not begin with "#!AER-DAT" and `version`, and says
/// what it is instead. Gives back where the second line begins.
std::size_t require_aedat(Bytes bytes, const std::string& path, std::string_view version);

}  // namespace snnsim
