#include "src/events/frames.hpp"

#include "snnsim/error.hpp"

namespace snnsim {

Frames frames_of(const Events& events, const Sensor& sensor, const FrameWindows& windows,
                 FrameValue value) {
    SNN_EXPECT(windows.width > 0 && windows.frames > 0);
    const std::int64_t inputs = sensor.inputs();
    Frames out;
    out.values.resize(static_cast<std::size_t>(windows.frames * inputs));
    for (std::size_t k = 0; k < events.size(); ++k) {
        if (events.t[k] < windows.start) {
            ++out.before;
            continue;
        }
        const std::int64_t frame = (events.t[k] - windows.start) / windows.width;
        if (frame >= windows.frames) {
            ++out.after;
            continue;
        }
        const std::int64_t input =
            sensor.input(events.x[k], events.y[k], sensor.polarity ? events.p[k] : 0);
        SNN_EXPECT(input >= 0);
        std::uint32_t& cell = out.values[static_cast<std::size_t>(frame * inputs + input)];
        cell = value == FrameValue::binary ? 1 : cell + 1;
    }
    return out;
}

}  // namespace snnsim
