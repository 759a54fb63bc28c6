// Runs the device engine's kernel bodies one after the other on the host, in host memory: what a
// GPU computes, without one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/network/list_spikes.hpp"

namespace snnsim {

struct SerialSteps {
    /// Owns `size` elements, zero at first; copies are visible calls, as on a GPU.
    template <class T>
    class Buffer {
      public:
        Buffer() = default;
        explicit Buffer(std::size_t size) : data_(size) {}
        explicit Buffer(const std::vector<T>& from) : data_(from) {}

        T* data() { return data_.data(); }
        std::size_t size() const { return data_.size(); }
        void copy_from(const T* from, std::size_t count, std::size_t at = 0) {
            if (count) std::memcpy(data_.data() + at, from, count * sizeof(T));
        }
        void copy_to(T* to, std::size_t count, std::size_t at = 0) const {
            if (count) std::memcpy(to, data_.data() + at, count * sizeof(T));
        }

      private:
        std::vector<T> data_;
    };
    template <class T>
    using HostBuffer = std::vector<T>;

    static constexpr std::int64_t batch = 3;  // the most steps enqueued at once

    std::string name() const { return "cpu, one body after the other"; }
    /// Teams of threads that keep the machine busy.
    std::size_t teams() const { return 3; }

    template <class Body>
    void for_each(std::size_t count, const Body& body) {
        for (std::size_t i = 0; i < count; ++i) body(i);
    }
    /// body(i, lane, lanes) for every lane of team i.
    template <class Body>
    void for_each_team(std::size_t count, const Body& body) {
        constexpr std::uint32_t lanes = 2;
        for (std::size_t i = 0; i < count; ++i) {
            for (std::uint32_t lane = 0; lane < lanes; ++lane) body(i, lane, lanes);
        }
    }
    /// Bit i % 32 of bits[word_ids[i / 32]] is body(i).
    template <class Body>
    void for_each_bit(std::size_t words, const Body& body, const std::uint32_t* word_ids,
                      std::uint32_t* bits) {
        for (std::size_t w = 0; w < words; ++w) {
            std::uint32_t word = 0;
            for (std::size_t i = 0; i < 32; ++i) word |= (body(32 * w + i) ? 1u : 0u) << i;
            bits[word_ids[w]] = word;
        }
    }
    /// offsets[w] is the number of bits set before word w.
    void count_bits_before(const std::uint32_t* bits, std::size_t words, std::uint32_t* offsets) {
        std::uint32_t sum = 0;
        for (std::size_t w = 0; w < words; ++w) {
            offsets[w] = sum;
            sum += static_cast<std::uint32_t>(count_bits(bits[w]));
        }
    }
    void reserve_counts(std::size_t) {}
    /// Runs steps in batches: step(k) gives the kernels of a batch's k-th step, and finish(count)
    /// those that end a batch. All batches of a size are the same.
    template <class Step, class Finish>
    void run_batches(std::int64_t steps, const Step& step, const Finish& finish) {
        for (std::int64_t left = steps; left > 0;) {
            const std::int64_t count = left < batch ? 1 : batch;
            for (std::int64_t k = 0; k < count; ++k) step(k);
            finish(count);
            left -= count;
        }
    }
    void wait() {}

    /// Copies to a HostBuffer while steps go on; it may be read after wait_for_copies.
    template <class T>
    void start_copy(T* to, const T* from, std::size_t count) {
        copy_within(to, from, count);
    }
    void wait_for_copies() {}
    /// In the order of the steps, as upload and download.
    template <class T>
    void copy_within(T* to, const T* from, std::size_t count) {
        if (count) std::memcpy(to, from, count * sizeof(T));
    }
    template <class T>
    void upload(T* to, const T* from, std::size_t count) {
        copy_within(to, from, count);
    }
    template <class T>
    void download(T* to, const T* from, std::size_t count) {
        copy_within(to, from, count);
    }
};

}  // namespace snnsim
