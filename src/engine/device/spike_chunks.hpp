// Two places in device memory that chunks of steps write their spikes and samples to in turn: while
// one is written, the other is brought to the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/network/window.hpp"
#include "src/engine/records.hpp"

namespace snnsim {

/// Spikes of a stretch of steps: the cells' numbers in the network, by (step, population, cell).
struct ListedSpikes {
    std::int64_t first = 0;            // step
    std::vector<std::uint32_t> begin;  // [step - first][population], and the end
    std::vector<std::uint32_t> rows;
    std::vector<float> values;  // empty where no spikes are graded
};

/// A chunk of steps that is done.
struct DoneChunk {
    std::int64_t first = 0, last = 0;  // steps
    std::vector<std::uint32_t> begin;  // as in ListedSpikes, from step `first` on
    const std::uint32_t* rows = nullptr;
    const float* values = nullptr;
    std::vector<const float*> samples;  // [sample][cell] of each record

    explicit operator bool() const { return last > first; }
};

/// Where a chunk under way has the begins of a step, and all its spikes, on the device.
struct ListedOn {
    std::uint32_t* begin;
    std::uint32_t* spikes;
    float* values;  // null: all 1
};

template <class Steps>
class SpikeChunks {
    template <class T>
    using Buffer = typename Steps::template Buffer<T>;

  public:
    /// `reach`: steps for which a spike is needed after its own.
    SpikeChunks(Steps& steps, std::size_t cells, std::size_t populations, std::int64_t reach,
                bool graded, const std::vector<CellRecord>& records)
        : steps_(steps),
          cells_(cells),
          populations_(populations),
          reach_(reach),
          graded_(graded),
          records_(records),
          most_steps_(most_steps_of_chunk(records)),
          window_(1) {
        for (const CellRecord& r : records_) {
            offsets_.push_back(samples_size_);
            samples_size_ += static_cast<std::size_t>(r.samples(most_steps_) + 1) * r.cells.count;
        }
        for (Chunk& c : chunks_) {
            make_lists(c, std::max(chunk_entries, 2 * cells_));
            c.begin = Buffer<std::uint32_t>(
                static_cast<std::size_t>(reach_ + most_steps_) * populations_ + 1);
            c.samples = Buffer<float>(samples_size_);
        }
    }

    StepWindow* window() { return window_.data(); }
    /// Between start() and end().
    ListedOn listed(std::int64_t step) {
        Chunk& chunk = chunks_[current_];
        return {chunk.begin.data() + static_cast<std::size_t>(step - tail_first_) * populations_,
                chunk.spikes.data(), graded_ ? chunk.values.data() : nullptr};
    }
    std::size_t populations() const { return populations_; }
    /// The most steps of a chunk.
    std::int64_t most_steps() const { return most_steps_; }
    /// Where the samples of a record begin in those of a chunk.
    std::uint64_t samples_offset(std::size_t record) const { return offsets_[record]; }
    std::size_t bytes() const {
        return 2 * (chunks_[0].spikes.size() + chunks_[0].begin.size() + samples_size_) * 4;
    }

    /// Makes the next chunk ready, from step `now` on. Returns how many steps it has room for,
    /// whatever happens in them.
    std::int64_t start(std::int64_t now, std::int64_t wanted, const SampleWindows& shown) {
        Chunk& from = chunks_[current_];
        current_ = 1 - current_;
        Chunk& to = chunks_[current_];
        const std::uint32_t base = tail_.front();
        const std::size_t kept = tail_.back() - base;
        if (to.spikes.size() < kept + cells_) make_lists(to, kept + 16 * cells_);
        steps_.copy_within(to.spikes.data(), from.spikes.data() + base, kept);
        if (graded_) steps_.copy_within(to.values.data(), from.values.data() + base, kept);
        for (std::uint32_t& b : tail_) b -= base;
        steps_.upload(to.begin.data(), tail_.data(), tail_.size());
        const StepWindow window{now,
                                tail_first_,
                                now,
                                to.spikes.data(),
                                graded_ ? to.values.data() : nullptr,
                                to.begin.data(),
                                to.samples.data(),
                                static_cast<std::uint32_t>(populations_),
                                shown};
        steps_.upload(window_.data(), &window, 1);
        const auto room = static_cast<std::int64_t>((to.spikes.size() - kept) / cells_);
        return std::min({wanted, most_steps_, room});
    }

    /// The steps that started at `first` are done: starts to bring them to the host. What it
    /// returns may be read after the device's wait_for_copies(), until the second start() from now.
    DoneChunk end(std::int64_t first, std::int64_t last) {
        Chunk& chunk = chunks_[current_];
        const auto row = [&](std::int64_t step) {
            return static_cast<std::size_t>(step - tail_first_) * populations_;
        };
        std::vector<std::uint32_t> begin(row(last) + 1);
        chunk.begin.copy_to(begin.data(), begin.size());
        DoneChunk done{first, last, {}, nullptr, nullptr, {}};
        done.begin.assign(begin.begin() + static_cast<std::ptrdiff_t>(row(first)), begin.end());
        chunk.host_spikes.resize(done.begin.back() - done.begin.front());
        steps_.start_copy(chunk.host_spikes.data(), chunk.spikes.data() + done.begin.front(),
                          chunk.host_spikes.size());
        done.rows = chunk.host_spikes.data();
        if (graded_) {
            chunk.host_values.resize(chunk.host_spikes.size());
            steps_.start_copy(chunk.host_values.data(), chunk.values.data() + done.begin.front(),
                              chunk.host_values.size());
            done.values = chunk.host_values.data();
        }
        chunk.host_samples.resize(samples_size_);
        for (std::size_t r = 0; r < records_.size(); ++r) {
            const std::int64_t count = records_[r].samples(last) - records_[r].samples(first);
            float* const to = chunk.host_samples.data() + offsets_[r];
            steps_.start_copy(to, chunk.samples.data() + offsets_[r],
                              static_cast<std::size_t>(count) * records_[r].cells.count);
            done.samples.push_back(to);
        }
        const std::int64_t tail_first = std::max(tail_first_, last - reach_);
        tail_.assign(begin.begin() + static_cast<std::ptrdiff_t>(row(tail_first)), begin.end());
        tail_first_ = tail_first;
        return done;
    }

    /// Spikes that may not have reached all their targets.
    ListedSpikes tail() {
        ListedSpikes out{tail_first_, tail_, {}, {}};
        out.rows.resize(tail_.back() - tail_.front());
        chunks_[current_].spikes.copy_to(out.rows.data(), out.rows.size(), tail_.front());
        if (graded_) {
            out.values.resize(out.rows.size());
            chunks_[current_].values.copy_to(out.values.data(), out.values.size(), tail_.front());
        }
        for (std::uint32_t& b : out.begin) b -= tail_.front();
        return out;
    }
    /// The next step is `now`.
    void set_tail(std::int64_t now, const ListedSpikes& tail) {
        StepWindow window;
        window.now = now;
        window_.copy_from(&window, 1);
        tail_first_ = tail.first;
        tail_ = tail.begin;
        Chunk& chunk = chunks_[current_];
        if (chunk.spikes.size() < tail.rows.size()) make_lists(chunk, tail.rows.size());
        chunk.spikes.copy_from(tail.rows.data(), tail.rows.size());
        chunk.values.copy_from(tail.values.data(), tail.values.size());
    }

  private:
    struct Chunk {
        Buffer<std::uint32_t> spikes, begin;
        Buffer<float> values, samples;
        typename Steps::template HostBuffer<std::uint32_t> host_spikes;
        typename Steps::template HostBuffer<float> host_values, host_samples;
    };
    void make_lists(Chunk& chunk, std::size_t entries) {
        chunk.spikes = Buffer<std::uint32_t>(entries);
        if (graded_) chunk.values = Buffer<float>(entries);
    }

    Steps& steps_;
    const std::size_t cells_, populations_;
    const std::int64_t reach_;
    const bool graded_;
    const std::vector<CellRecord>& records_;
    const std::int64_t most_steps_;  // of a chunk
    std::vector<std::uint64_t> offsets_;
    std::size_t samples_size_ = 0;
    Buffer<StepWindow> window_;
    Chunk chunks_[2];
    int current_ = 0;
    std::int64_t tail_first_ = 0;
    std::vector<std::uint32_t> tail_ =
        std::vector<std::uint32_t>(1);  // begins in the current chunk
};

}  // namespace snnsim
