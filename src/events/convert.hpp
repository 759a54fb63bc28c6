// Recordings of a data set, made into one file of samples.
#pragma once

#include <string>

#include "src/events/event_report.hpp"
#include "src/events/find_recordings.hpp"
#include "src/events/resolve_choices.hpp"

namespace snnsim {

/// The attribute `format` of such a file.
inline constexpr const char* sample_file_format = "snnsim samples";

/// Reads all recordings and writes them to `output`, with the choices as attributes of the group
/// /events and what was left out as those of /events/<set>. `program` is the version that writes.
/// Throws DataError, FileError.
EventReport convert_events(const EventPaths& paths, const EventPlan& plan,
                           const std::string& output, const std::string& program);

}  // namespace snnsim
