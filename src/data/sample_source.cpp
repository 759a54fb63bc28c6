#include "src/data/sample_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "snnsim/error.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

class DenseSource final : public SampleSource {
  public:
    DenseSource(std::shared_ptr<const Rows> x, SampleForm form, const ValueLimits& limits)
        : x_(std::move(x)), form_(form), limits_(limits) {}

    std::uint64_t count() const override { return x_->count(); }
    double bytes_of_sample() const override {
        const auto numbers = static_cast<double>(x_->row_size());
        return in_pixels(form_) ? numbers : 4.0 * numbers;
    }
    std::string why_not_anywhere() const override { return x_->why_not_anywhere(); }
    void will_read(std::uint64_t first, std::uint64_t samples) const override {
        x_->will_read(first, samples);
    }

    void reserve(std::uint64_t samples, SampleInputs& out) const override {
        const std::uint64_t numbers = samples * x_->row_size();
        if (in_pixels(form_)) {
            out.pixels.reserve(out.pixels.size() + numbers);
        } else if (form_ != SampleForm::spikes) {
            out.values.reserve(out.values.size() + numbers);
        }
    }
    void read(std::uint64_t first, std::uint64_t samples, SampleInputs& out) const override {
        if (in_pixels(form_)) {
            const std::size_t before = out.pixels.size();
            out.pixels.resize(before + samples * x_->row_size());
            x_->read(first, samples, reinterpret_cast<std::byte*>(out.pixels.data() + before));
        } else if (form_ == SampleForm::spikes) {
            read_spikes(first, samples, out.trains);
        } else {
            const std::size_t before = out.values.size();
            out.values.resize(before + samples * x_->row_size());
            x_->read_to(first, samples, out.values.data() + before);
            check(first, std::span(out.values).subspan(before));
        }
    }

  private:
    void check(std::uint64_t first, std::span<const float> values) const {
        for (std::size_t k = 0; k < values.size(); ++k) {
            const float v = values[k];
            const bool inside =
                !limits_.from_0_to_1_for.empty() ? v >= 0.0f && v <= 1.0f : std::isfinite(v);
            if (inside) continue;
            const std::string what =
                fmt::format("{}: {} is {:g} in sample {}, {} (from 0)", x_->file, x_->name, v,
                            first + k / x_->row_size(), place_in_sample(k % x_->row_size()));
            throw DataError(std::isfinite(v)
                                ? fmt::format("{}; {} takes values from 0 to 1: scale the data{}",
                                              what, limits_.from_0_to_1_for, limits_.instead)
                                : what +
                                      "; values must be finite: leave the sample out, or "
                                      "write a number there");
        }
    }
    /// "value 3", or "step 2, input 5"
    std::string place_in_sample(std::uint64_t value) const {
        if (form_ != SampleForm::steps || x_->shape.size() < 3)
            return fmt::format("value {}", value);
        const std::uint64_t inputs = x_->row_size() / x_->shape[1];
        return fmt::format("step {}, input {}", value / inputs, value % inputs);
    }
    void read_spikes(std::uint64_t first, std::uint64_t samples, SampleSpikes& out) const {
        const std::uint64_t steps = x_->shape[1], inputs = x_->row_size() / steps;
        const std::vector<std::int64_t> x = x_->read_as<std::int64_t>(first, samples);
        for (std::uint64_t s = 0; s < samples; ++s) {
            const std::int64_t* const own = x.data() + s * x_->row_size();
            for (std::uint64_t n = 0; n < inputs; ++n) {
                for (std::uint64_t t = 0; t < steps; ++t) {
                    if (own[t * inputs + n] != 0)
                        out.at.push_back(static_cast<std::uint32_t>(n * steps + t));
                }
            }
            out.first.push_back(out.at.size());
        }
    }

    const std::shared_ptr<const Rows> x_;
    const SampleForm form_;
    const ValueLimits limits_;
};

class EventSource final : public SampleSource {
  public:
    EventSource(std::shared_ptr<const EventRows> events, const Binning& binning)
        : events_(std::move(events)), binning_(binning) {}

    std::uint64_t count() const override { return events_->samples(); }
    double bytes_of_sample() const override {
        return 4.0 * static_cast<double>(events_->events()) / static_cast<double>(count()) + 8.0;
    }
    std::string why_not_anywhere() const override { return events_->why_not_anywhere(); }
    void will_read(std::uint64_t first, std::uint64_t samples) const override {
        events_->will_read(first, samples);
    }
    std::uint64_t late() const override { return late_; }
    std::string note() const override { return events_->note(); }
    void reserve(std::uint64_t samples, SampleInputs& out) const override {
        out.trains.first.reserve(out.trains.first.size() + samples);
    }

    void read(std::uint64_t first, std::uint64_t samples, SampleInputs& out) const override {
        EventRows::Read read;
        events_->read(first, samples, read);
        SampleSpikes& trains = out.trains;
        std::vector<std::uint64_t> marks;
        for (std::uint64_t s = 0; s < samples; ++s) {
            const auto begin = static_cast<std::ptrdiff_t>(trains.at.size());
            for (std::uint64_t k = read.first[s]; k < read.first[s + 1]; ++k)
                add(read, first + s, k - read.first[s], k, trains);
            if (binning_.form == SampleForm::spikes)
                sort_once(begin, marks, trains.at);
            else
                std::sort(trains.at.begin() + begin, trains.at.end());
            trains.first.push_back(trains.at.size());
        }
    }

  private:
    /// Sorts what stands from `begin` on, each number once: with a mark for each step of each
    /// input, where these are not far more than the events.
    void sort_once(std::ptrdiff_t begin, std::vector<std::uint64_t>& marks,
                   std::vector<std::uint32_t>& at) const {
        const auto from = at.begin() + begin;
        const auto words = static_cast<std::size_t>(binning_.inputs * binning_.steps / 64 + 1);
        if (words > 4 * static_cast<std::size_t>(at.end() - from)) {
            std::sort(from, at.end());
            at.erase(std::unique(from, at.end()), at.end());
            return;
        }
        marks.assign(words, 0);
        for (auto k = from; k != at.end(); ++k) marks[*k / 64] |= std::uint64_t{1} << (*k % 64);
        auto to = from;
        for (std::size_t w = 0; w < words; ++w) {
            for (std::uint64_t word = marks[w]; word != 0; word &= word - 1)
                *to++ = static_cast<std::uint32_t>(
                    64 * w + static_cast<std::size_t>(std::countr_zero(word)));
        }
        at.erase(to, at.end());
    }

  private:
    void add(const EventRows::Read& read, std::uint64_t sample, std::uint64_t event,
             std::uint64_t k, SampleSpikes& out) const {
        const double t = read.t[k];
        if (!(t >= 0.0) || std::isinf(t))
            throw DataError(
                fmt::format("{} is {:g} us in event {} of sample {} (from 0); times "
                            "start at 0",
                            events_->place(), t, event, sample));
        if (read.input[k] < 0 || read.input[k] >= binning_.inputs)
            throw DataError(events_->what_is_outside(sample, event, binning_.inputs));
        // The quotient of two whole numbers is rounded to no whole number that it is below.
        const double step = std::floor(t / binning_.dt);
        if (step >= static_cast<double>(binning_.steps)) {
            ++late_;
            return;
        }
        out.at.push_back(static_cast<std::uint32_t>(read.input[k] * binning_.steps +
                                                    static_cast<std::int64_t>(step)));
    }

    const std::shared_ptr<const EventRows> events_;
    const Binning binning_;
    mutable std::atomic<std::uint64_t> late_ = 0;
};

class FlatEventRows final : public EventRows {
  public:
    explicit FlatEventRows(FlatEvents events) : e_(std::move(events)) {}

    std::string place() const override { return fmt::format("{}: {}", e_.t->file, e_.t->name); }
    std::uint64_t samples() const override { return e_.offsets.size() - 1; }
    std::uint64_t events() const override { return e_.t->count(); }
    std::string why_not_anywhere() const override { return e_.t->why_not_anywhere(); }
    void will_read(std::uint64_t first, std::uint64_t samples) const override {
        const std::uint64_t begin = e_.offsets[first], events = e_.offsets[first + samples] - begin;
        if (events == 0) return;
        for (const auto& rows : {e_.t, e_.unit, e_.x, e_.y, e_.p}) {
            if (rows) rows->will_read(begin, events);
        }
    }

    void read(std::uint64_t first, std::uint64_t samples, Read& out) const override {
        const std::uint64_t begin = e_.offsets[first], events = e_.offsets[first + samples] - begin;
        out.first.clear();
        for (std::uint64_t s = 0; s <= samples; ++s)
            out.first.push_back(e_.offsets[first + s] - begin);
        out.t = e_.t->read_as<double>(begin, events);
        for (double& t : out.t) t = std::floor(t * e_.us);  // as in the usual readers, in us
        if (e_.unit) {
            out.input = e_.unit->read_as<std::int64_t>(begin, events);
            return;
        }
        const std::vector<std::int64_t> x = e_.x->read_as<std::int64_t>(begin, events),
                                        y = e_.y->read_as<std::int64_t>(begin, events);
        const std::vector<std::int64_t> p =
            e_.p ? e_.p->read_as<std::int64_t>(begin, events) : std::vector<std::int64_t>(events);
        out.input.resize(events);
        for (std::uint64_t k = 0; k < events; ++k) {
            out.input[k] = e_.sensor.input(x[k], y[k], p[k]);
            if (p[k] < 0) negative_ = true;
        }
    }
    std::string note() const override {
        return negative_ ? fmt::format("{}: {} is -1 and 1: -1 is read as 0 (OFF)", e_.p->file,
                                       e_.p->name)
                         : "";
    }

    std::string what_is_outside(std::uint64_t sample, std::uint64_t event,
                                std::int64_t inputs) const override {
        const std::uint64_t k = e_.offsets[sample] + event;
        const auto at = [&](const std::shared_ptr<const Rows>& rows) {
            return rows->read_as<std::int64_t>(k, 1)[0];
        };
        if (e_.unit)
            return fmt::format("{}: {} is {} in event {} of sample {} (from 0); the input has {}",
                               e_.t->file, e_.unit->name, at(e_.unit), event, sample,
                               counted(inputs, "neuron"));
        return fmt::format(
            "{}: event {} of sample {} (from 0) has x = {}, y = {}{}; the "
            "sensor has width {} and height {}{}",
            e_.t->file, event, sample, at(e_.x), at(e_.y),
            e_.p ? fmt::format(" and p = {}", at(e_.p)) : "", e_.sensor.width, e_.sensor.height,
            e_.p ? ", and p is 0 or 1 (or -1 for 0)" : "");
    }

  private:
    const FlatEvents e_;
    mutable std::atomic<bool> negative_ = false;
};

}  // namespace

std::shared_ptr<const SampleSource> dense_source(std::shared_ptr<const Rows> x, SampleForm form,
                                                 const ValueLimits& limits) {
    return std::make_shared<DenseSource>(std::move(x), form, limits);
}
std::shared_ptr<const SampleSource> event_source(std::shared_ptr<const EventRows> events,
                                                 const Binning& binning) {
    return std::make_shared<EventSource>(std::move(events), binning);
}
std::shared_ptr<const EventRows> flat_events(FlatEvents events) {
    return std::make_shared<FlatEventRows>(std::move(events));
}

}  // namespace snnsim
