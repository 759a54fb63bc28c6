#include "src/events/aedat2.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

/// Behind the header. An address may begin with the byte of '#' too (of a DAVIS: y bits 140 to
/// 143).
std::size_t end_of_header(Bytes bytes, const std::string& path) {
    std::size_t at = require_aedat(bytes, path, "2.0");
    const bool crlf = at >= 2 && bytes[at - 2] == '\r' && bytes[at - 1] == '\n';
    while (at < bytes.size() && bytes[at] == '#') {
        std::size_t next = 0;
        const std::string_view line = line_at(bytes, at, next);
        const bool ended =
            next > at && bytes[next - 1] == '\n' && (next - at == line.size() + 2) == crlf;
        const bool text = std::none_of(line.begin(), line.end(), [](unsigned char c) {
            return (c < ' ' && c != '\t') || c == 0x7F;
        });
        if (!ended || !text) break;
        at = next;
    }
    return at;
}

struct Address {
    std::uint32_t x, y;
    bool on, no_pixel;
};

Address published(Camera camera, std::uint32_t bits) {
    if (camera == Camera::dvs128)
        return {bits >> 1 & 0x7F, bits >> 8 & 0x7F, (bits & 1) != 0, (bits >> 15 & 1) != 0};
    constexpr std::uint32_t sample = 1u << 31, external = 1u << 10;  // of APS or IMU; of a pin
    return {bits >> 12 & 0x3FF, bits >> 22 & 0x1FF, (bits >> 11 & 1) != 0,
            (bits & (sample | external)) != 0};
}

PixelArray published_pixels(Camera camera) {
    switch (camera) {
        case Camera::davis240:
            return {240, 180};
        case Camera::davis346:
            return {346, 260};
        default:
            return {128, 128};
    }
}

}  // namespace

bool has_layout(Camera camera, AddressLayout layout) {
    switch (layout) {
        case AddressLayout::spikingjelly:
            return camera == Camera::dvs128;
        case AddressLayout::tonic:
            return camera == Camera::davis346;
        default:
            return layout != AddressLayout::automatic;
    }
}

PixelArray pixels_of(Camera camera, AddressLayout layout) {
    const PixelArray pixels = published_pixels(camera);
    const bool exchanged =
        layout == AddressLayout::aermanager || layout == AddressLayout::spikingjelly;
    return exchanged ? PixelArray{pixels.height, pixels.width} : pixels;
}

Events read_aedat2(Bytes bytes, const std::string& path, const AddressReading& reading) {
    SNN_EXPECT(has_layout(reading.camera, reading.layout));
    constexpr std::size_t size = 8;
    const Bytes data = bytes.subspan(end_of_header(bytes, path));
    const std::size_t count = data.size() / size;
    if (data.size() % size != 0)
        throw DataError(
            fmt::format("{}: {} bytes behind the header are no multiple of {}: event "
                        "{} (from 0) is cut off; fetch the file again",
                        path, data.size(), size, count));
    const PixelArray pixels = published_pixels(reading.camera);
    Events out;
    out.reserve(count);
    for (std::size_t k = 0; k < count; ++k) {
        Address a = published(reading.camera, big_endian_32(data, k * size));
        if (a.no_pixel && reading.invalid == InvalidEvents::drop) {
            ++out.left_out[LeftOut::no_pixel];
            continue;
        }
        require_pixel(path, k, a.x, a.y, pixels);
        const auto right = static_cast<std::uint32_t>(pixels.width - 1),
                   top = static_cast<std::uint32_t>(pixels.height - 1);
        if (reading.layout == AddressLayout::spikingjelly)
            a = {top - a.y, right - a.x, !a.on, a.no_pixel};
        if (reading.layout == AddressLayout::aermanager) a = {a.y, a.x, a.on, a.no_pixel};
        if (reading.layout == AddressLayout::tonic) a = {right - a.x, top - a.y, a.on, a.no_pixel};
        out.add(big_endian_32(data, k * size + 4), static_cast<std::uint16_t>(a.x),
                static_cast<std::uint16_t>(a.y), a.on);
    }
    return out;
}

}  // namespace snnsim
