// Events of a camera or a cochlea, as readers of all formats give them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/fields.hpp"

namespace snnsim {

/// Why something in a file is no event of a sample: nothing is left out without being counted.
enum class LeftOut : std::uint8_t {
    time_marks,     // N-MNIST: marks of a time overflow
    invalid,        // AEDAT 3.1: slots whose valid bit is 0
    unused_slots,   // AEDAT 3.1: room at the end of a packet
    other_packets,  // AEDAT 3.1: packets of frames, IMU samples, special events
    no_pixel,       // AEDAT 2.0: external inputs, APS and IMU samples
    outside_trial,
    before_start,
    after_end,
    outside_crop,
    dropped,      // of copies that augment a training set
    shifted_out,  // the same
};
template <>
struct Names<LeftOut> {
    static constexpr std::array values{
        "time_marks",   "invalid",   "unused_slots", "other_packets", "no_pixel",   "outside_trial",
        "before_start", "after_end", "outside_crop", "dropped",       "shifted_out"};
    static_assert(values.size() == static_cast<std::size_t>(LeftOut::shifted_out) + 1);
};

class LeftOutCounts {
  public:
    std::uint64_t& operator[](LeftOut kind) { return count_[static_cast<std::size_t>(kind)]; }
    std::uint64_t operator[](LeftOut kind) const { return count_[static_cast<std::size_t>(kind)]; }
    LeftOutCounts& operator+=(const LeftOutCounts& other) {
        for (std::size_t k = 0; k < count_.size(); ++k) count_[k] += other.count_[k];
        return *this;
    }

  private:
    std::array<std::uint64_t, Names<LeftOut>::values.size()> count_{};
};

/// The events of a sample or a recording, in the order of their file.
struct Events {
    std::vector<std::int64_t> t;      // us
    std::vector<std::uint16_t> x, y;  // of a cochlea x is the channel and y 0
    std::vector<std::uint8_t> p;      // 1 ON, 0 OFF
    LeftOutCounts left_out;

    std::size_t size() const { return t.size(); }
    void reserve(std::size_t count) {
        t.reserve(count), x.reserve(count), y.reserve(count), p.reserve(count);
    }
    void add(std::int64_t time, std::uint16_t column, std::uint16_t row, std::uint8_t polarity) {
        t.push_back(time), x.push_back(column), y.push_back(row), p.push_back(polarity);
    }
};

/// Bytes that an event takes in memory.
constexpr std::size_t bytes_of_event = 13;

/// The pixels of a camera.
struct PixelArray {
    std::int64_t width = 0, height = 0;
};

/// Throws DataError "FILE: event 3 (from 0) is at x = 40, y = 2, outside of ..." for a pixel that
/// there is none of.
void require_pixel(const std::string& file, std::uint64_t event, std::uint32_t x, std::uint32_t y,
                   const PixelArray& pixels);

}  // namespace snnsim
