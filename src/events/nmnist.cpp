#include "src/events/nmnist.hpp"

#include <fmt/format.h>

#include "snnsim/error.hpp"

namespace snnsim {

Events read_nmnist(Bytes bytes, const std::string& path, const PixelArray& pixels,
                   TimeMarks marks) {
    constexpr std::size_t size = 5;
    constexpr std::uint8_t mark = 240;
    constexpr std::int64_t us_of_mark = 8192;
    const std::size_t count = bytes.size() / size;
    if (bytes.size() % size != 0)
        throw DataError(
            fmt::format("{}: {} bytes are no multiple of {}: event {} (from 0) is cut off, or this "
                        "is no .bin file of N-MNIST; fetch the file again",
                        path, bytes.size(), size, count));
    Events out;
    out.reserve(count);
    std::int64_t overflow = 0;
    for (std::size_t k = 0; k < count; ++k) {
        const Bytes event = bytes.subspan(k * size, size);
        if (event[1] == mark && marks == TimeMarks::add) {
            overflow += us_of_mark;
            ++out.left_out[LeftOut::time_marks];
            continue;
        }
        require_pixel(path, k, event[0], event[1], pixels);
        const std::int64_t time = (event[2] & 0x7F) << 16 | event[3] << 8 | event[4];
        out.add(time + overflow, event[0], event[1], event[2] >> 7);
    }
    return out;
}

}  // namespace snnsim
