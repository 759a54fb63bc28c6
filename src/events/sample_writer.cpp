#include "src/events/sample_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr hsize_t events_per_chunk = 1 << 16;
constexpr std::size_t events_at_once = 1 << 20;

}  // namespace

SampleWriter::SampleWriter(hid_t file, const std::string& set, const EventPlan& plan)
    : file_(file), plan_(plan), channels_(plan.choices.format == EventFormat::shd) {
    written_.name = set;
    if (!plan.frames) {
        make_event_arrays();
        return;
    }
    const auto inputs = static_cast<hsize_t>(plan.sensor().inputs());
    const hid_t type = plan.choices.values == FrameValue::surface  ? H5T_NATIVE_FLOAT
                       : plan.choices.values == FrameValue::binary ? H5T_NATIVE_UINT8
                                                                   : H5T_NATIVE_UINT16;
    h5::make_growing(file_, path("x"), type, {static_cast<hsize_t>(plan.windows.frames), inputs}, 1,
                     "");
}

std::string SampleWriter::path(const std::string& array) const {
    return written_.name.empty() ? array : written_.name + "/" + array;
}

void SampleWriter::make_event_arrays() {
    const auto make = [&](const char* name, hid_t type, const char* units) {
        h5::make_growing(file_, path(name), type, {}, events_per_chunk, units);
    };
    make("t", H5T_NATIVE_INT64, "us");
    if (channels_) {
        make("unit", H5T_NATIVE_UINT16, "");
        return;
    }
    make("x", H5T_NATIVE_UINT16, "");
    make("y", H5T_NATIVE_UINT16, "");
    const Sensor sensor = plan_.sensor();
    if (sensor.polarity) make("p", H5T_NATIVE_UINT8, "");
    const h5::Handle x(H5Dopen2(file_, path("x").c_str(), H5P_DEFAULT), H5Dclose, path("x"));
    h5::write_number(x, "height", sensor.height);
    h5::write_number(x, "width", sensor.width);
}

void SampleWriter::add(const Events& events, std::int32_t label, const std::string& place) {
    ++written_.samples;
    written_.events += events.size();
    if (events.size() == 0) ++written_.empty;
    for (const std::int64_t t : events.t) written_.last = std::max(written_.last, t);
    count(events.left_out);
    labels_.push_back(label);
    ++written_.samples_of[label];
    if (plan_.frames) {
        add_frames(events, place);
        return;
    }
    offsets_.push_back(offsets_.back() + events.size());
    const auto append = [](auto& to, const auto& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    append(waiting_.t, events.t);
    append(waiting_.x, events.x);
    append(waiting_.y, events.y);
    append(waiting_.p, events.p);
    if (waiting_.size() >= events_at_once) write_events();
}

void SampleWriter::write_events() {
    const auto write = [&](const char* name, hid_t type, const void* data) {
        h5::append_rows(file_, path(name), type, waiting_.size(), data);
    };
    write("t", H5T_NATIVE_INT64, waiting_.t.data());
    write(channels_ ? "unit" : "x", H5T_NATIVE_UINT16, waiting_.x.data());
    if (!channels_) write("y", H5T_NATIVE_UINT16, waiting_.y.data());
    if (plan_.shape.polarity) write("p", H5T_NATIVE_UINT8, waiting_.p.data());
    waiting_ = {};
}

void SampleWriter::add_frames(const Events& events, const std::string& place) {
    if (plan_.choices.values == FrameValue::surface) {
        constexpr double us_in_ms = 1000.0;
        const std::vector<float> surfaces =
            time_surfaces(events, plan_.sensor(), plan_.windows, plan_.choices.tau * us_in_ms);
        h5::append_rows(file_, path("x"), H5T_NATIVE_FLOAT, 1, surfaces.data());
        return;
    }
    const Frames frames = frames_of(events, plan_.sensor(), plan_.windows, plan_.choices.values);
    SNN_EXPECT(frames.before == 0 && frames.after == 0);  // the duration cuts them
    constexpr std::uint32_t most = 65535;
    const std::uint32_t largest = *std::max_element(frames.values.begin(), frames.values.end());
    if (largest > most)
        throw DataError(
            fmt::format("{}: a pixel has {} in one frame; {} at most are counted: "
                        "write --values binary, or shorter frames",
                        place, counted(largest, "event"), most));
    h5::append_rows(file_, path("x"), H5T_NATIVE_UINT32, 1, frames.values.data());
}

WrittenSet SampleWriter::finish(const std::string& group) {
    if (!plan_.frames) {
        write_events();
        h5::write_vector(file_, path("offsets"), offsets_, "");
    }
    h5::write_vector(file_, path("labels"), labels_, "");
    if (!groups_.empty()) {
        SNN_EXPECT(groups_.size() == labels_.size());
        h5::write_vector(file_, path(group), groups_, "");
    }
    return written_;
}

}  // namespace snnsim
