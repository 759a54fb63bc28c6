#include "src/data/sample_stream.hpp"

#include <algorithm>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

std::size_t bytes_of(const SampleInputs& in) {
    return in.pixels.capacity() + in.values.capacity() * sizeof(float) +
           in.trains.first.capacity() * sizeof(std::uint64_t) +
           in.trains.at.capacity() * sizeof(std::uint32_t);
}

/// Calls f(source, row, rows) for the longest runs of rows that follow one another.
template <class F>
void for_each_run(const std::vector<SamplePart>& parts, std::span<const std::uint32_t> samples,
                  F&& f) {
    const auto place = [&](std::uint64_t sample) {
        std::size_t part = 0;
        while (sample >= parts[part].count) sample -= parts[part++].count;
        return std::pair{part, parts[part].row(sample)};
    };
    for (std::size_t k = 0; k < samples.size();) {
        const auto [part, row] = place(samples[k]);
        std::uint64_t rows = 1;
        for (++k; k < samples.size() && place(samples[k]) == std::pair{part, row + rows}; ++k)
            ++rows;
        f(*parts[part].source, row, rows);
    }
}

}  // namespace

SampleStream::SampleStream(std::vector<SamplePart> parts, std::size_t most)
    : parts_(std::move(parts)), most_(most), reader_([this] { run(); }) {}

SampleStream::~SampleStream() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    reader_.join();
}

void SampleStream::expect(std::span<const std::uint32_t> order, std::size_t batch) {
    std::unique_lock lock(mutex_);
    ++plan_;
    waits_ = true;  // or the reader would take its next piece first
    changed_.wait(lock, [&] { return !busy_; });
    waits_ = false;
    order_.assign(order.begin(), order.end());
    batch_ = std::max<std::size_t>(1, batch);
    taken_ = begun_ = 0;
    ready_.clear();
    ready_bytes_ = 0;
    changed_.notify_all();
}

std::span<const std::uint32_t> SampleStream::piece(std::size_t number) const {
    const std::span<const std::uint32_t> all(order_);
    const std::size_t first = std::min(number * batch_, all.size());
    return all.subspan(first, std::min(batch_, all.size() - first));
}

const SampleInputs& SampleStream::take(std::span<const std::uint32_t> samples) {
    const auto foreseen = [&] {
        const std::lock_guard lock(mutex_);
        const std::span<const std::uint32_t> next = piece(taken_);
        return std::equal(next.begin(), next.end(), samples.begin(), samples.end());
    }();
    if (!foreseen) expect(samples, samples.size());
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty(); });
    Piece piece = std::move(ready_.front());
    ready_.pop_front();
    ready_bytes_ -= bytes_of(piece.in);
    ++taken_;
    changed_.notify_all();
    if (piece.wrong) std::rethrow_exception(piece.wrong);
    current_ = std::move(piece.in);
    return current_;
}

void SampleStream::read(const std::vector<SamplePart>& parts,
                        std::span<const std::uint32_t> samples, SampleInputs& out) {
    parts[0].source->reserve(samples.size(), out);
    for_each_run(parts, samples,
                 [&](const SampleSource& source, std::uint64_t first, std::uint64_t rows) {
                     source.read(first, rows, out);
                 });
}

void SampleStream::run() {
    const auto will_read = [this](std::size_t number) {
        for_each_run(parts_, piece(number),
                     [](const SampleSource& source, std::uint64_t first, std::uint64_t rows) {
                         source.will_read(first, rows);
                     });
    };
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] {
            return stop_ ||
                   (!waits_ && !piece(begun_).empty() && (ready_.empty() || ready_bytes_ < most_));
        });
        if (stop_) return;
        const std::size_t number = begun_++;
        const std::uint64_t plan = plan_;
        busy_ = true;  // expect() leaves the order as it is
        lock.unlock();
        Piece read_now;
        try {
            if (number == 0) will_read(0);
            will_read(number + 1);
            read(parts_, piece(number), read_now.in);
        } catch (...) {
            read_now.wrong = std::current_exception();
        }
        lock.lock();
        busy_ = false;
        if (plan == plan_) {
            ready_bytes_ += bytes_of(read_now.in);
            ready_.push_back(std::move(read_now));
        }
        changed_.notify_all();
    }
}

}  // namespace snnsim
