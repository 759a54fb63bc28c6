// What is done to the events of a sample before they are written: its time, the part of the sensor,
// pooling, polarity.
#pragma once

#include <string>

#include "src/data/sample_source.hpp"
#include "src/events/choices.hpp"
#include "src/events/events.hpp"

namespace snnsim {

/// A part of the sensor.
struct Crop {
    std::int64_t x = 0, y = 0, width = 0, height = 0;
};
/// "X,Y,WIDTH,HEIGHT" within the sensor; all of it where the text is empty. Returns what is wrong,
/// or an empty string.
std::string read_crop(const std::string& text, const PixelArray& pixels, Crop& out);

/// Events in the order of `crop`, then `pool`: a pixel stands for pool x pool of them, the last one
/// for as many as are left, so that no event is lost.
struct EventShape {
    Crop crop;
    std::int64_t pool = 1;
    bool polarity = true;       // two channels; else p is 0 throughout
    std::int64_t duration = 0;  // us; 0: all
};

/// The sensor that shaped events lie on.
Sensor shaped_sensor(const EventShape& shape);
/// Subtracts `origin` (us) from all times and shapes what is left; what is left out is counted.
Events shape_events(const Events& events, std::int64_t origin, const EventShape& shape);

}  // namespace snnsim
