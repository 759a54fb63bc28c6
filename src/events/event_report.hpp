// What a conversion of recordings came to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/events/events.hpp"

namespace snnsim {

struct WrittenSet {
    std::string name;  // "" of the only one
    std::uint64_t samples = 0, files = 0, events = 0, empty = 0;
    std::int64_t last = 0;  // us: the time of the latest event
    LeftOutCounts left_out;
    std::map<std::int32_t, std::uint64_t> samples_of;  // each class that has any
};

struct EventReport {
    std::vector<WrittenSet> sets;
    std::vector<std::string> warnings;
    std::string groups;  // the array that tells who was recorded; "" where nothing does
};

}  // namespace snnsim
