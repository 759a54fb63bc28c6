// The choices of a conversion, checked and without any that is automatic.
#pragma once

#include "src/events/aedat2.hpp"
#include "src/events/choices.hpp"
#include "src/events/frames.hpp"
#include "src/events/shape_events.hpp"

namespace snnsim {

/// What the choices come to.
struct EventPlan {
    EventChoices choices;  // with what is automatic put in
    PixelArray pixels;
    EventShape shape;
    FrameWindows windows;
    bool frames = false;

    Sensor sensor() const { return shaped_sensor(shape); }
};

/// The camera of a format of AEDAT 2.0.
Camera camera_of(EventFormat format);
bool is_aedat2(EventFormat format);

/// Throws UsageError with all that is wrong: what the format knows nothing of, what does not fit.
EventPlan resolve(const EventChoices& choices);

}  // namespace snnsim
