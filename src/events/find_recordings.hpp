// Which recordings a data set has, and of which classes they are.
#pragma once

#include <string>
#include <vector>

#include "src/events/choices.hpp"

namespace snnsim {

/// What the user names: a folder, a list of files, or a file.
struct EventPaths {
    std::string in, test, valid;  // test, valid: "" where they are not said
};

struct Recording {
    std::string file;
    std::int32_t label = 0;  // of dvs_gesture: its trials have their own
};
struct RecordingSet {
    std::string name;  // "train", "test", "valid"; "" where there is only one
    std::vector<Recording> recordings;
};
struct Recordings {
    std::vector<RecordingSet> sets;
    std::vector<std::string> classes;  // empty: a list tells numbers
    std::uint64_t others = 0;          // files that are none of the format
};

/// - A folder with a folder for each class, or with folders train and test (and valid) that have
///   them. Samples of the classes take turns.
/// - A list: "file,label" in each line, files relative to its folder; of dvs_gesture "file".
/// - Of dvs_gesture a folder with recordings, and perhaps trials_to_train.txt and
///   trials_to_test.txt; or one recording.
/// - Of shd a file for each set.
/// Throws DataError where something is missing, or there is nothing in it.
Recordings find_recordings(const EventPaths& paths, EventFormat format);

}  // namespace snnsim
