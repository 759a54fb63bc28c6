#include "src/events/events.hpp"

#include <fmt/format.h>

#include "snnsim/error.hpp"

namespace snnsim {

void require_pixel(const std::string& file, std::uint64_t event, std::uint32_t x, std::uint32_t y,
                   const PixelArray& pixels) {
    if (x < pixels.width && y < pixels.height) return;
    throw DataError(
        fmt::format("{}: event {} (from 0) is at x = {}, y = {}, outside of a sensor of {} columns "
                    "and {} rows: the file is damaged, of another format, or of another sensor "
                    "(--width, --height)",
                    file, event, x, y, pixels.width, pixels.height));
}

}  // namespace snnsim
