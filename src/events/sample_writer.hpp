// The file of samples that `data: {set: file}` reads, written sample by sample.
#pragma once

#include <string>
#include <vector>

#include "src/events/event_report.hpp"
#include "src/events/resolve_choices.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {

/// One set of a file: events as offsets, t, x, y and p (of a cochlea t and unit), or frames as x
/// [sample, frame, p y x]; labels; and a group of each sample where there are any.
class SampleWriter {
  public:
    SampleWriter(hid_t file, const std::string& set, const EventPlan& plan);

    /// `events` are shaped. `place` is what a message calls the sample.
    void add(const Events& events, std::int32_t label, const std::string& place);
    void add_group(std::int32_t group) { groups_.push_back(group); }
    void count(const LeftOutCounts& left_out) { written_.left_out += left_out; }
    void count_file() { ++written_.files; }
    /// Writes what is not written yet. `group` is the name of the array of groups.
    WrittenSet finish(const std::string& group);

  private:
    std::string path(const std::string& array) const;
    void make_event_arrays();
    void write_events();
    void add_frames(const Events& events, const std::string& place);

    const hid_t file_;
    const EventPlan& plan_;
    const bool channels_;  // of a cochlea
    WrittenSet written_;
    std::vector<std::uint64_t> offsets_{0};
    std::vector<std::int32_t> labels_, groups_;
    Events waiting_;
};

}  // namespace snnsim
