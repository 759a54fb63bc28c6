// Reader of the .bin files of N-MNIST and N-Caltech101 (Orchard et al. 2015, doi:10.3389/
// fnins.2015.00437).
#pragma once

#include "src/events/bytes.hpp"
#include "src/events/choices.hpp"
#include "src/events/events.hpp"

namespace snnsim {

/// Five bytes an event, big-endian, without a header: x, y, polarity (bit 7) with bits 22..16 of
/// the time (us), and the rest of the time. y = 240 marks that the time has overflown by 8192 us.
/// Throws DataError that names `path` and the event: one outside of the sensor, or cut off.
Events read_nmnist(Bytes bytes, const std::string& path, const PixelArray& pixels, TimeMarks marks);

}  // namespace snnsim
