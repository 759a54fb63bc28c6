// The trials of a recording of DVS128 Gesture: what was shown from when to when.
#pragma once

#include <string>
#include <vector>

#include "src/events/events.hpp"

namespace snnsim {

struct Trial {
    std::int32_t label = 0;            // 0 .. 10: the class of the file, from 1, minus 1
    std::int64_t start = 0, stop = 0;  // us, of the recording
};

/// Reads a file `*_labels.csv`: `class,startTime_usec,endTime_usec`, a line for each trial; a class
/// may occur several times. Throws DataError that names the line.
std::vector<Trial> read_trials(const std::string& path);

/// The events of [start, stop), with the times of the recording. What else there is in it is not
/// counted, as it may belong to other trials.
Events events_of_trial(const Events& recording, const Trial& trial);

}  // namespace snnsim
