// The inputs of samples as their file has them, made into what a network is shown.
#pragma once

#include <atomic>
#include <optional>

#include "snnsim/dataset.hpp"
#include "src/data/rows.hpp"

namespace snnsim {

/// Samples of a file, by their number there.
class SampleSource {
  public:
    virtual ~SampleSource() = default;
    virtual std::uint64_t count() const = 0;
    /// What one takes in memory, in the mean.
    virtual double bytes_of_sample() const = 0;
    /// Makes room for so many more.
    virtual void reserve(std::uint64_t samples, SampleInputs& out) const = 0;
    /// Adds samples first .. first + samples - 1 to `out`. Throws DataError that names the sample
    /// and the place of what cannot be shown.
    virtual void read(std::uint64_t first, std::uint64_t samples, SampleInputs& out) const = 0;
    /// As of Rows.
    virtual std::string why_not_anywhere() const = 0;
    virtual void will_read(std::uint64_t first, std::uint64_t samples) const = 0;
    /// Events so far that came after the last step.
    virtual std::uint64_t late() const { return 0; }
    virtual std::string note() const { return ""; }
};

/// Whether numbers may be anything that is finite, or must be from 0 to 1: for whom, and what to do
/// instead, is then in the message.
struct ValueLimits {
    std::string from_0_to_1_for;
    std::string instead;
};
/// Of rows of numbers.
std::shared_ptr<const SampleSource> dense_source(std::shared_ptr<const Rows> x, SampleForm form,
                                                 const ValueLimits& limits);

/// Events of samples, one after the other, as a file has them.
class EventRows {
  public:
    virtual ~EventRows() = default;
    virtual std::string place() const = 0;  // "file: train/t", for messages
    virtual std::uint64_t samples() const = 0;
    virtual std::uint64_t events() const = 0;
    struct Read {
        std::vector<std::uint64_t> first;  // [sample + 1]
        std::vector<double> t;             // us
        std::vector<std::int64_t> input;   // -1: outside of the sensor
    };
    virtual void read(std::uint64_t first, std::uint64_t samples, Read& out) const = 0;
    /// What an event is that the input, with so many neurons, has none for.
    virtual std::string what_is_outside(std::uint64_t sample, std::uint64_t event,
                                        std::int64_t inputs) const = 0;
    /// What was read in another sense than it says; empty: nothing so far.
    virtual std::string note() const { return ""; }
    virtual std::string why_not_anywhere() const = 0;
    virtual void will_read(std::uint64_t first, std::uint64_t samples) const = 0;
};
/// How events come into steps of dt: windows [k dt, (k + 1) dt).
struct Binning {
    double dt = 1000.0;  // us
    std::int64_t steps = 1, inputs = 1;
    SampleForm form = SampleForm::spikes;  // or counts
};
std::shared_ptr<const SampleSource> event_source(std::shared_ptr<const EventRows> events,
                                                 const Binning& binning);

/// Sensor of events x, y, p; p is 0 (OFF), 1 (ON), or -1 for OFF. Without p there is one channel.
struct Sensor {
    std::int64_t height = 0, width = 0;
    bool polarity = true;
    std::int64_t inputs() const { return (polarity ? 2 : 1) * height * width; }
    /// [p][y][x]
    std::int64_t input(std::int64_t x, std::int64_t y, std::int64_t p) const {
        if (x < 0 || x >= width || y < 0 || y >= height || p < -1 || p > 1) return -1;
        return ((p > 0 ? height : 0) + y) * width + x;
    }
};
/// Flat arrays: offsets [sample + 1], and t and unit, or t, x, y and p, of all events.
struct FlatEvents {
    std::vector<std::uint64_t> offsets;
    std::shared_ptr<const Rows> t, unit, x, y, p;
    double us = 1.0;  // in a unit of t
    Sensor sensor;
};
std::shared_ptr<const EventRows> flat_events(FlatEvents events);

}  // namespace snnsim
