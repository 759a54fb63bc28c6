#include "src/events/shape_events.hpp"

#include <fmt/format.h>

#include "src/text/excerpt.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {

std::string read_crop(const std::string& text, const PixelArray& pixels, Crop& out) {
    out = {0, 0, pixels.width, pixels.height};
    if (text.empty()) return "";
    std::string_view rest = text;
    for (std::int64_t Crop::*member : {&Crop::x, &Crop::y, &Crop::width, &Crop::height}) {
        const std::size_t comma = rest.find(',');
        const bool last = member == &Crop::height;
        if (last != (comma == rest.npos))
            return fmt::format("must be four numbers, X,Y,WIDTH,HEIGHT; found '{}'", excerpt(text));
        const bool size = member == &Crop::width || last;
        const std::string wrong =
            read_whole(rest.substr(0, comma), std::int64_t{size}, std::int64_t{65536}, out.*member);
        if (!wrong.empty()) return wrong;
        if (!last) rest.remove_prefix(comma + 1);
    }
    if (out.x + out.width > pixels.width || out.y + out.height > pixels.height)
        return fmt::format("'{}' is not within the sensor, of {} columns and {} rows", text,
                           pixels.width, pixels.height);
    return "";
}

Sensor shaped_sensor(const EventShape& shape) {
    const auto pooled = [&](std::int64_t side) { return (side + shape.pool - 1) / shape.pool; };
    return {pooled(shape.crop.height), pooled(shape.crop.width), shape.polarity};
}

Events shape_events(const Events& events, std::int64_t origin, const EventShape& shape) {
    const Crop& crop = shape.crop;
    Events out;
    out.left_out = events.left_out;
    out.reserve(events.size());
    for (std::size_t k = 0; k < events.size(); ++k) {
        const std::int64_t t = events.t[k] - origin, x = events.x[k] - crop.x,
                           y = events.y[k] - crop.y;
        if (t < 0) {
            ++out.left_out[LeftOut::before_start];
        } else if (shape.duration > 0 && t >= shape.duration) {
            ++out.left_out[LeftOut::after_end];
        } else if (x < 0 || x >= crop.width || y < 0 || y >= crop.height) {
            ++out.left_out[LeftOut::outside_crop];
        } else {
            out.add(t, static_cast<std::uint16_t>(x / shape.pool),
                    static_cast<std::uint16_t>(y / shape.pool), shape.polarity ? events.p[k] : 0);
        }
    }
    return out;
}

}  // namespace snnsim
