// Samples that stay in their file: read a batch at a time, ahead of whoever asks for them.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "src/data/sample_source.hpp"

namespace snnsim {

/// Samples of a source that are part of a set, in their order there.
struct SamplePart {
    std::shared_ptr<const SampleSource> source;
    std::vector<std::uint32_t> rows;  // their numbers in the source; empty: the first `count`
    std::uint64_t count = 0;

    std::uint64_t row(std::uint64_t k) const { return rows.empty() ? k : rows[k]; }
};

/// Reads samples in any order. What comes does not depend on what is read ahead.
class SampleStream {
  public:
    /// Reads ahead batches that take up to `most` bytes together, and one at least.
    SampleStream(std::vector<SamplePart> parts, std::size_t most);
    ~SampleStream();
    SampleStream(const SampleStream&) = delete;
    SampleStream& operator=(const SampleStream&) = delete;

    /// These samples will be asked for, in this order, `batch` at a time.
    void expect(std::span<const std::uint32_t> order, std::size_t batch);
    /// The inputs of these samples, in this order; they stay until the next call. Throws what
    /// reading them threw.
    const SampleInputs& take(std::span<const std::uint32_t> samples);

    /// The same without reading ahead.
    static void read(const std::vector<SamplePart>& parts, std::span<const std::uint32_t> samples,
                     SampleInputs& out);

  private:
    struct Piece {
        SampleInputs in;
        std::exception_ptr wrong;
    };
    void run();
    std::span<const std::uint32_t> piece(std::size_t number) const;

    const std::vector<SamplePart> parts_;
    const std::size_t most_;
    std::vector<std::uint32_t> order_;
    std::size_t batch_ = 1, taken_ = 0, begun_ = 0;  // pieces of `order_`
    std::uint64_t plan_ = 0;                         // counts calls of expect()
    std::deque<Piece> ready_;
    std::size_t ready_bytes_ = 0;
    SampleInputs current_;
    bool busy_ = false, waits_ = false, stop_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::thread reader_;
};

}  // namespace snnsim
