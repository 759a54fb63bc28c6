// Looks for states beyond what their model allows, and for values that are no numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/math/exp.hpp"
#include "kernels/network/window.hpp"

namespace snnsim {

/// Between what values a state stays, as it is stored.
struct StateBounds {
    float low, high;

    SNN_HD bool hold(float x) const { return x >= low && x <= high; }  // no NaN
};

/// A state variable of cells that follow each other.
struct StateColumn {
    const float* state;
    std::uint32_t first_row;  // the first cell's number in the network
    std::uint32_t count;
    StateBounds bounds;
};

inline constexpr std::uint64_t none_strayed = ~std::uint64_t{0};

/// Body over `teams` teams for each column, after a batch of steps. At every `interval`-th step and
/// after the last `smallest` becomes the first place, step * 2^32 + row, of a value beyond its
/// bounds, and in that step `values` of each column the first row * 2^32 + bits of such a value.
struct FindStrayed {
    const StepWindow* window;
    std::int64_t steps;  // of the batch
    std::int64_t interval, last;
    const StateColumn* columns;
    std::uint32_t teams;
    std::uint64_t* smallest;
    std::uint64_t* values;  // [column]

    static constexpr std::size_t values_of_team = 256;  // fewer are not worth a team

    template <class Team>
    SNN_HD void operator()(std::size_t i, const Team& team) const {
        const std::int64_t done = window->now + steps;
        if (done % interval != 0 && done != last) return;
        if (*smallest >> 32 < static_cast<std::uint64_t>(done)) return;  // found before
        const StateColumn& column = columns[i / teams];
        const std::uint32_t stride = teams * team.lanes;
        for (auto c = static_cast<std::uint32_t>(i % teams) * team.lanes + team.lane;
             c < column.count; c += stride) {
            const float x = column.state[c];
            if (column.bounds.hold(x)) continue;
            const std::uint64_t row = column.first_row + c;
            lower(smallest, static_cast<std::uint64_t>(done) << 32 | row);
            lower(values + i / teams, row << 32 | float_to_bits(x));
        }
    }

  private:
    SNN_HD static void lower(std::uint64_t* least, std::uint64_t x) {
#ifdef __CUDA_ARCH__
        atomicMin(reinterpret_cast<unsigned long long*>(least), static_cast<unsigned long long>(x));
#else
        if (x < *least) *least = x;
#endif
    }
};

}  // namespace snnsim
