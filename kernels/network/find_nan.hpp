// Looks for values that are no numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/network/window.hpp"

namespace snnsim {

/// A state variable of cells that follow each other.
struct StateColumn {
    const float* state;
    std::uint32_t first_row;  // the first cell's number in the network
    std::uint32_t count;
};

/// Body over `teams` teams for each column, at every `interval`-th step and after the last:
/// `smallest` becomes the first place, step * 2^32 + row, of a value that is infinite or no number.
struct FindNan {
    const StepWindow* window;
    std::int64_t k;  // the step's number in its batch
    std::int64_t interval, last;
    const StateColumn* columns;
    std::uint32_t teams;
    std::uint64_t* smallest;

    SNN_HD void operator()(std::size_t i, std::uint32_t lane, std::uint32_t lanes) const {
        const std::int64_t done = window->now + k + 1;
        if (done % interval != 0 && done != last) return;
        const StateColumn& column = columns[i / teams];
        const std::uint32_t stride = teams * lanes;
        for (auto c = static_cast<std::uint32_t>(i % teams) * lanes + lane; c < column.count;
             c += stride) {
            if (column.state[c] - column.state[c] == 0.0f) continue;
            found(static_cast<std::uint64_t>(done) << 32 | (column.first_row + c));
        }
    }

  private:
    SNN_HD void found(std::uint64_t place) const {
#ifdef __CUDA_ARCH__
        atomicMin(reinterpret_cast<unsigned long long*>(smallest),
                  static_cast<unsigned long long>(place));
#else
        if (place < *smallest) *smallest = place;
#endif
    }
};

}  // namespace snnsim
