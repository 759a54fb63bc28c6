#include "src/events/frames.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/math/exp.hpp"
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

std::vector<float> time_surfaces(const Events& events, const Sensor& sensor,
                                 const FrameWindows& windows, double tau) {
    SNN_EXPECT(windows.width > 0 && windows.frames > 0 && tau > 0.0);
    const auto inputs = static_cast<std::size_t>(sensor.inputs());
    std::vector<std::size_t> by_time(events.size());
    std::iota(by_time.begin(), by_time.end(), std::size_t{0});
    std::sort(by_time.begin(), by_time.end(),
              [&](std::size_t a, std::size_t b) { return events.t[a] < events.t[b]; });
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();
    std::vector<std::int64_t> last(inputs, never);
    std::vector<float> out;
    out.reserve(static_cast<std::size_t>(windows.frames) * inputs);
    auto next = by_time.begin();
    for (std::int64_t frame = 1; frame <= windows.frames; ++frame) {
        const std::int64_t end = windows.start + frame * windows.width;
        for (; next != by_time.end() && events.t[*next] < end; ++next) {
            const std::size_t k = *next;
            const std::int64_t input =
                sensor.input(events.x[k], events.y[k], sensor.polarity ? events.p[k] : 0);
            SNN_EXPECT(input >= 0);
            last[static_cast<std::size_t>(input)] = events.t[k];
        }
        for (const std::int64_t t : last)
            out.push_back(t == never
                              ? 0.0f
                              : exact_exp(static_cast<float>(-static_cast<double>(end - t) / tau)));
    }
    return out;
}

}  // namespace snnsim
