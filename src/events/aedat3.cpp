#include "src/events/aedat3.hpp"

#include <fmt/format.h>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

constexpr std::size_t header_size = 28;
constexpr std::uint16_t polarity_type = 1;
constexpr std::uint32_t polarity_size = 8, polarity_time = 4;

/// As the file has it.
struct PacketHeader {
    std::uint16_t type;
    std::uint32_t size, time_offset, overflow, capacity, number;

    PacketHeader(Bytes bytes, std::size_t at)
        : type(little_endian_16(bytes, at)),
          size(little_endian_32(bytes, at + 4)),
          time_offset(little_endian_32(bytes, at + 8)),
          overflow(little_endian_32(bytes, at + 12)),
          capacity(little_endian_32(bytes, at + 16)),
          number(little_endian_32(bytes, at + 20)) {}
};

std::size_t end_of_header(Bytes bytes, const std::string& path) {
    std::size_t at = require_aedat(bytes, path, "3.1");
    while (at < bytes.size() && bytes[at] == '#') {
        if (line_at(bytes, at, at) == "#!END-HEADER" && bytes[at - 1] == '\n') return at;
    }
    throw DataError(fmt::format(
        "{}: its header has no line #!END-HEADER: the file is cut off, damaged, or no AEDAT 3.1",
        path));
}

class PacketReader {
  public:
    PacketReader(Bytes bytes, const std::string& path, const PixelArray& pixels,
                 const PacketReading& reading)
        : bytes_(bytes), path_(path), pixels_(pixels), reading_(reading) {}

    Events read() {
        for (std::size_t at = end_of_header(bytes_, path_); at < bytes_.size(); ++packet_)
            at = read_packet(at);
        return std::move(out_);
    }

  private:
    [[noreturn]] void wrong(std::size_t at, const std::string& what) const {
        throw DataError(
            fmt::format("{}: packet {} (from 0), at byte {}, {}", path_, packet_, at, what));
    }

    std::size_t read_packet(std::size_t at) {
        if (bytes_.size() - at < header_size)
            wrong(at, fmt::format("is cut off: {} bytes are left, and its header has {}; fetch the "
                                  "file again",
                                  bytes_.size() - at, header_size));
        const PacketHeader packet(bytes_, at);
        const std::size_t first = at + header_size;
        const std::uint64_t size = std::uint64_t{packet.capacity} * packet.size;
        if (size > bytes_.size() - first)
            wrong(at, fmt::format("is cut off: it has {} slots of {} bytes, and {} bytes are left; "
                                  "fetch the file again",
                                  packet.capacity, packet.size, bytes_.size() - first));
        if (packet.type == polarity_type)
            read_polarities(at, packet, bytes_.subspan(first, static_cast<std::size_t>(size)));
        else
            ++out_.left_out[LeftOut::other_packets];
        return first + static_cast<std::size_t>(size);
    }

    void read_polarities(std::size_t at, const PacketHeader& packet, Bytes slots) {
        if (packet.size != polarity_size || packet.time_offset != polarity_time)
            wrong(at, fmt::format("has events of {} bytes with the time at byte {}; polarity "
                                  "events have {} and {}: the file is damaged",
                                  packet.size, packet.time_offset, polarity_size, polarity_time));
        if (packet.number > packet.capacity)
            wrong(at, fmt::format("says that {} of its {} slots are used: the file is damaged",
                                  packet.number, packet.capacity));
        const bool all = reading_.slots == Slots::all;
        if (!all) out_.left_out[LeftOut::unused_slots] += packet.capacity - packet.number;
        const std::int64_t overflow = std::int64_t{packet.overflow} << 31;
        for (std::size_t k = 0; k < (all ? packet.capacity : packet.number); ++k, ++event_) {
            const std::uint32_t data = little_endian_32(slots, k * polarity_size);
            const std::uint32_t time = little_endian_32(slots, k * polarity_size + polarity_time);
            if ((data & 1) == 0 && reading_.invalid == InvalidEvents::drop) {
                ++out_.left_out[LeftOut::invalid];
                continue;
            }
            const std::uint32_t x = data >> 17, y = data >> 2 & 0x7FFF;
            require_pixel(path_, event_, x, y, pixels_);
            out_.add(overflow + (time & 0x7FFFFFFF), static_cast<std::uint16_t>(x),
                     static_cast<std::uint16_t>(y), data >> 1 & 1);
        }
    }

    const Bytes bytes_;
    const std::string& path_;
    const PixelArray& pixels_;
    const PacketReading reading_;
    Events out_;
    std::uint64_t packet_ = 0, event_ = 0;
};

}  // namespace

Events read_aedat3(Bytes bytes, const std::string& path, const PixelArray& pixels,
                   const PacketReading& reading) {
    return PacketReader(bytes, path, pixels, reading).read();
}

}  // namespace snnsim
