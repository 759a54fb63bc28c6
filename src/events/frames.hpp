// Events in windows of time.
#pragma once

#include <vector>

#include "src/data/sample_source.hpp"
#include "src/events/choices.hpp"
#include "src/events/events.hpp"

namespace snnsim {

/// Windows [start + k width, start + (k + 1) width), us: an event is in exactly one, or in none as
/// it is earlier than all or later.
struct FrameWindows {
    std::int64_t start = 0, width = 1000, frames = 1;
};

struct Frames {
    std::vector<std::uint32_t> values;  // [frame][p][y][x]; one p where the sensor has no polarity
    std::uint64_t before = 0, after = 0;  // events in no window
};

/// With counts, the sum of all values, `before` and `after` is the number of events. Events must
/// lie on the sensor.
Frames frames_of(const Events& events, const Sensor& sensor, const FrameWindows& windows,
                 FrameValue value);

/// The time surface at the end of each window: exp(-(end - time of the last event) / tau) of each
/// pixel and polarity, 0 before its first event (Lagorce et al. 2017, doi:10.1109/
/// TPAMI.2016.2574707). [frame][p][y][x]; `tau` in us.
std::vector<float> time_surfaces(const Events& events, const Sensor& sensor,
                                 const FrameWindows& windows, double tau);

}  // namespace snnsim
