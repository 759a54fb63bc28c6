#include "src/events/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "snnsim/error.hpp"
#include "src/events/events.hpp"
#include "src/files/input_file.hpp"
#include "src/files/room.hpp"
#include "src/text/excerpt.hpp"

namespace snnsim {

std::vector<std::uint8_t> read_bytes(const std::string& path) {
    const std::uint64_t size = size_of_input(path);
    // No format has less than five bytes to an event.
    require_room(size + size / 5 * bytes_of_event, path + ": its events");
    std::vector<std::uint8_t> bytes(size);
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (file.bad() || static_cast<std::uint64_t>(file.gcount()) != size)
        throw FileError("cannot read " + path);
    return bytes;
}

std::string_view line_at(Bytes bytes, std::size_t at, std::size_t& next) {
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = std::find(from, bytes.end(), std::uint8_t{'\n'});
    const auto length = static_cast<std::size_t>(end - from);
    next = at + length + (end == bytes.end() ? 0 : 1);
    std::string_view line(reinterpret_cast<const char*>(bytes.data()) + at, length);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::size_t require_aedat(Bytes bytes, const std::string& path, std::string_view version) {
    constexpr std::string_view begin = "#!AER-DAT";
    constexpr std::size_t longest = 64;
    std::size_t next = 0;
    const std::string_view line = line_at(bytes.first(std::min(bytes.size(), longest)), 0, next);
    const bool ended = next > 0 && bytes[next - 1] == '\n';
    if (ended && line.starts_with(begin) && line.substr(begin.size()) == version) return next;
    const std::string wanted = fmt::format("{}{}", begin, version);
    if (ended && line.starts_with(begin))
        throw DataError(
            fmt::format("{}: a file of AEDAT {}, and this format is AEDAT {}: see "
                        "--format for what is read",
                        path, excerpt(line.substr(begin.size()), 16), version));
    throw DataError(fmt::format("{}: no file of AEDAT {}: it does not begin with the line {}", path,
                                version, wanted));
}

}  // namespace snnsim
