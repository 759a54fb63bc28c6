// What readers of the same files do differently: each a key with a default, which the file of
// samples keeps.
#pragma once

#include <string>

#include "kernels/fields.hpp"

namespace snnsim {

enum class EventFormat : std::uint8_t { nmnist, dvs_gesture, cifar10_dvs, davis240, davis346, shd };
template <>
struct Names<EventFormat> {
    static constexpr std::array values{"nmnist",   "dvs_gesture", "cifar10_dvs",
                                       "davis240", "davis346",    "shd"};
};

/// N-MNIST: what y = 240 is.
enum class TimeMarks : std::uint8_t { add, keep };
template <>
struct Names<TimeMarks> {
    static constexpr std::array values{"add", "keep"};
};

/// AEDAT 3.1: which slots of a packet are events.
enum class Slots : std::uint8_t { used, all };
template <>
struct Names<Slots> {
    static constexpr std::array values{"used", "all"};
};

enum class InvalidEvents : std::uint8_t { drop, keep };
template <>
struct Names<InvalidEvents> {
    static constexpr std::array values{"drop", "keep"};
};

/// AEDAT 2.0: what the bits of an address are.
enum class AddressLayout : std::uint8_t { automatic, raw, spikingjelly, aermanager, tonic };
template <>
struct Names<AddressLayout> {
    static constexpr std::array values{"auto", "raw", "spikingjelly", "aermanager", "tonic"};
};

/// Where the time of a sample is 0.
enum class TimeOrigin : std::uint8_t { automatic, stored, first, trial };
template <>
struct Names<TimeOrigin> {
    static constexpr std::array values{"auto", "stored", "first", "trial"};
};

enum class PolarityChannels : std::uint8_t { split, merge };
template <>
struct Names<PolarityChannels> {
    static constexpr std::array values{"split", "merge"};
};

/// What a pixel has in a frame: how many events, whether any, or how long ago its last one was.
enum class FrameValue : std::uint8_t { count, binary, surface };
template <>
struct Names<FrameValue> {
    static constexpr std::array values{"count", "binary", "surface"};
};

struct EventChoices {
    EventFormat format = EventFormat::nmnist;
    TimeMarks time_marks = TimeMarks::add;
    Slots slots = Slots::used;
    InvalidEvents invalid = InvalidEvents::drop;
    AddressLayout layout = AddressLayout::automatic;
    std::int64_t width = 0, height = 0;  // 0: of the format
    TimeOrigin origin = TimeOrigin::automatic;
    double duration = 0.0;  // ms; 0: all
    std::string crop = {};  // "X,Y,WIDTH,HEIGHT"
    std::int64_t pool = 1;
    PolarityChannels polarity = PolarityChannels::split;
    double frame = 0.0;  // ms; 0: events stay events
    FrameValue values = FrameValue::count;
    double tau = 0.0;  // ms
    std::int64_t copies = 0;
    double flip = 0.0;  // probability
    std::int64_t shift = 0;
    double drop = 0.0;  // probability
    std::int64_t seed = 1;

    static constexpr auto fields() {
        return Fields{
            Field{"format", &EventChoices::format, "", unlimited,
                  "of the files: N-MNIST's .bin, AEDAT 3.1 with labels (DVS128 Gesture), AEDAT 2.0 "
                  "of a DVS128 (CIFAR10-DVS) or a DAVIS, HDF5 of SHD and SSC",
                  Need::required},
            Field{"time_marks", &EventChoices::time_marks, "", unlimited,
                  "nmnist: y = 240 adds 8192 us to the times behind it (add, as tonic), or is an "
                  "event as others (keep, as SpikingJelly; needs --height 241)"},
            Field{"slots", &EventChoices::slots, "", unlimited,
                  "dvs_gesture: of a packet those that are used, or all, unused ones as events at "
                  "(0, 0, 0) (as SpikingJelly, with --invalid keep)"},
            Field{"invalid", &EventChoices::invalid, "", unlimited,
                  "what the format marks as invalid or as no pixel's: drop, and count it, or keep "
                  "it as an event, as SpikingJelly and tonic"},
            Field{"layout", &EventChoices::layout, "", unlimited,
                  "AEDAT 2.0: x, y and p of an address. raw: as published, y from the bottom; "
                  "spikingjelly (DVS128): x and y exchanged, both mirrored, p inverted; "
                  "aermanager: x and y exchanged; tonic (DAVIS346): x and y mirrored. auto: "
                  "spikingjelly for cifar10_dvs, else raw"},
            Field{"width", &EventChoices::width, "", Limits{.low = 0, .high = 65536},
                  "columns of the sensor, of shd its channels; 0: of the format"},
            Field{"height", &EventChoices::height, "", Limits{.low = 0, .high = 65536},
                  "rows of the sensor; 0: of the format"},
            Field{"origin", &EventChoices::origin, "", unlimited,
                  "where the time of a sample is 0: as it is stored, at its first event, or where "
                  "its trial begins. auto: trial for dvs_gesture, else stored"},
            Field{"duration", &EventChoices::duration, "ms", non_negative,
                  "only events before this time; default: all"},
            Field{"crop", &EventChoices::crop, "", unlimited,
                  "X,Y,WIDTH,HEIGHT: only these pixels; default: all"},
            Field{"pool", &EventChoices::pool, "", Limits{.low = 1, .high = 65536},
                  "so many pixels by so many (of shd, channels) become one, whose events are those "
                  "of all of them"},
            Field{"polarity", &EventChoices::polarity, "", unlimited,
                  "ON and OFF as two channels, or as one"},
            Field{"frame", &EventChoices::frame, "ms", non_negative,
                  "write frames [k w, (k + 1) w) of this width w, not events; needs --duration"},
            Field{"values", &EventChoices::values, "", unlimited,
                  "of a pixel in a frame: the number of its events, whether there is one, or a "
                  "time surface: exp(-(end of the frame - time of its last event) / tau), 0 before "
                  "its first (Lagorce et al. 2017)"},
            Field{"tau", &EventChoices::tau, "ms", non_negative, "of time surfaces"},
            Field{"copies", &EventChoices::copies, "", Limits{.low = 0, .high = 1000},
                  "so many changed copies of each training sample, which follow it"},
            Field{"flip", &EventChoices::flip, "", fraction,
                  "of copies: probability that one is mirrored left to right"},
            Field{"shift", &EventChoices::shift, "", Limits{.low = 0, .high = 65535},
                  "of copies: shifted by up to so many columns and rows (of shd, channels) either "
                  "way, after pooling"},
            Field{"drop", &EventChoices::drop, "", fraction,
                  "of copies: probability that an event is left out"},
            Field{"seed", &EventChoices::seed, "", Limits{.low = 0, .high = 4294967295.0},
                  "of copies"},
        };
    }
};

}  // namespace snnsim
