// Reader of AEDAT 2.0, the format of jAER: CIFAR10-DVS (Li et al. 2017, doi:10.3389/
// fnins.2017.00309) and recordings of DAVIS cameras.
#pragma once

#include "src/events/bytes.hpp"
#include "src/events/choices.hpp"
#include "src/events/events.hpp"

namespace snnsim {

enum class Camera : std::uint8_t { dvs128, davis240, davis346 };

/// How addresses are read. `layout` is none that is automatic.
struct AddressReading {
    Camera camera = Camera::dvs128;
    AddressLayout layout = AddressLayout::raw;
    InvalidEvents invalid = InvalidEvents::drop;
};

/// Columns and rows as a layout gives them: exchanged where it exchanges x and y.
PixelArray pixels_of(Camera camera, AddressLayout layout);
/// Whether there is such a layout of the camera.
bool has_layout(Camera camera, AddressLayout layout);

/// Eight bytes an event, big-endian: address and time (us). The header, lines that begin with #,
/// has no end mark: a line belongs to it that ends as the first one does and holds no control
/// characters. Throws DataError that names `path` and the event: cut off, or outside of the sensor.
Events read_aedat2(Bytes bytes, const std::string& path, const AddressReading& reading);

}  // namespace snnsim
