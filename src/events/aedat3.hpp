// Reader of AEDAT 3.1, the format of the recordings of DVS128 Gesture (Amir et al. 2017,
// doi:10.1109/CVPR.2017.781).
#pragma once

#include "src/events/bytes.hpp"
#include "src/events/choices.hpp"
#include "src/events/events.hpp"

namespace snnsim {

/// Which slots of a packet become events.
struct PacketReading {
    Slots slots = Slots::used;
    InvalidEvents invalid = InvalidEvents::drop;
};

/// The polarity events of all packets behind the line #!END-HEADER; header lines may end in LF or
/// CRLF. The time is overflow * 2^31 + 31 bits, us; (0, 0) is the upper left pixel. Throws
/// DataError that names `path` and the packet or event: cut off, of sizes that contradict each
/// other, outside of the sensor.
Events read_aedat3(Bytes bytes, const std::string& path, const PixelArray& pixels,
                   const PacketReading& reading);

}  // namespace snnsim
