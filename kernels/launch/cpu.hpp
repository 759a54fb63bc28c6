// Runs kernel bodies as loops over threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kernels/launch/panel_columns.hpp"
#include "kernels/launch/thread_pool.hpp"

namespace snnsim {

struct Cpu {
    using Columns = PanelColumns;
    static constexpr bool expands_spikes = true;        // many spikes are handled as values
    static constexpr std::size_t gradient_block = 256;  // weight rows per call of WeightGradient

    /// Owns `size` elements, zero at first. Copies from and to the host are visible calls, as on a
    /// GPU.
    template <class T>
    class Buffer {
      public:
        Buffer() = default;
        explicit Buffer(std::size_t size) : data_(size) {}

        T* data() { return data_.data(); }
        std::size_t size() const { return data_.size(); }
        void copy_from(const T* from, std::size_t count, std::size_t at = 0) {
            if (count) std::memcpy(data_.data() + at, from, count * sizeof(T));
        }
        void copy_to(T* to, std::size_t count, std::size_t at = 0) const {
            if (count) std::memcpy(to, data_.data() + at, count * sizeof(T));
        }
        void fill_zero() { std::fill(data_.begin(), data_.end(), T{}); }

      private:
        std::vector<T> data_;
    };

    int threads;

    explicit Cpu(int wanted)
        : threads(wanted > 0 ? wanted
                             : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))),
          pool_(std::make_unique<ThreadPool>(threads)) {}

    /// Calls of a body that run at the same time.
    std::size_t concurrency() const { return static_cast<std::size_t>(threads); }
    std::string name() const { return cpu_name(threads); }
    /// What comes next belongs to these parts of the run: a device has it told with its faults.
    void begin(const std::string& /*unit*/, std::int64_t /*first*/, std::int64_t /*last*/) const {}

    /// Calls body(0) .. body(count - 1), each once, in contiguous pieces.
    template <class Body>
    void for_each(std::size_t count, const Body& body) const {
        // Several pieces a thread even out what other programs take from a core.
        const std::size_t pieces =
            std::min(count, threads == 1 ? std::size_t{1} : 8 * static_cast<std::size_t>(threads));
        pool_->run(static_cast<std::uint32_t>(pieces), [&](std::uint32_t piece) {
            const std::size_t last = count * (piece + 1) / pieces;
            for (std::size_t i = count * piece / pieces; i < last; ++i) body(i);
        });
    }

  private:
    std::unique_ptr<ThreadPool> pool_;
};

}  // namespace snnsim
