#include "src/events/cochlea.hpp"

#include <fmt/format.h>

#include <cmath>

#include "snnsim/error.hpp"
#include "src/files/whole_number.hpp"

namespace snnsim {

CochleaFile::CochleaFile(const std::string& path, std::int64_t channels)
    : file_(open_hdf5_data(path)), channels_(channels) {
    const char *times = "spikes/times", *units = "spikes/units", *speakers = "extra/speaker";
    for (const char* name : {times, units, "labels"}) {
        if (!file_->has(name))
            throw DataError(
                fmt::format("{}: {} is missing: this is no file of SHD or SSC", path, name));
    }
    rows_ = file_->ragged_events(times, units, 0.0);
    if (!rows_)
        throw DataError(
            fmt::format("{}: {} and {} must both be rows of variable length", path, times, units));
    labels_ = whole_numbers("labels", 0);
    if (file_->has(speakers)) speakers_ = whole_numbers(speakers, std::numeric_limits<int>::min());
    if (file_->has("extra/keys")) keys_ = file_->texts("extra/keys");
    for (std::size_t k = 0; k < labels_.size() && !keys_.empty(); ++k) {
        if (static_cast<std::size_t>(labels_[k]) < keys_.size()) continue;
        throw DataError(
            fmt::format("{}: labels is {} for sample {} (from 0), but extra/keys has "
                        "{} names",
                        path, labels_[k], k, keys_.size()));
    }
}

std::vector<std::int32_t> CochleaFile::whole_numbers(const std::string& name,
                                                     std::int32_t low) const {
    const std::shared_ptr<const Rows> rows = file_->rows(name);
    if (rows->shape.size() != 1 || rows->count() != rows_->samples())
        throw DataError(fmt::format("{}: {} is {}; it must have one value for each of {} samples",
                                    file_->path, name, rows->shape_text(), rows_->samples()));
    std::vector<std::int32_t> out;
    for (const double value : rows->all_as<double>()) {
        const std::optional<std::int32_t> whole = whole_number<std::int32_t>(value);
        if (!whole || *whole < low)
            throw DataError(
                fmt::format("{}: {} is {:g} for sample {} (from 0); it must be a "
                            "whole number{}",
                            file_->path, name, value, out.size(), low == 0 ? " from 0" : ""));
        out.push_back(*whole);
    }
    return out;
}

std::vector<Events> CochleaFile::read(std::size_t first, std::size_t count) const {
    EventRows::Read read;
    rows_->read(first, count, read);
    std::vector<Events> out(count);
    for (std::size_t k = 0; k < count; ++k) {
        out[k].reserve(read.first[k + 1] - read.first[k]);
        for (std::uint64_t n = read.first[k]; n < read.first[k + 1]; ++n) {
            constexpr double most = 1e15;
            if (!(std::abs(read.t[n]) < most))
                throw DataError(
                    fmt::format("{}: the time of event {} of sample {} (from 0) is {:g} us: a time "
                                "must be finite; the file is damaged",
                                file_->path, n - read.first[k], first + k, read.t[n]));
            if (read.input[n] < 0 || read.input[n] >= channels_)
                throw DataError(fmt::format(
                    "{}: the unit of event {} of sample {} (from 0) is {}; there are {} "
                    "channels, numbered from 0 (--width)",
                    file_->path, n - read.first[k], first + k, read.input[n], channels_));
            out[k].add(static_cast<std::int64_t>(read.t[n]),
                       static_cast<std::uint16_t>(read.input[n]), 0, 1);
        }
    }
    return out;
}

}  // namespace snnsim
