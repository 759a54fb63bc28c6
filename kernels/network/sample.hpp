// Values of cells that are recorded at an interval.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/network/window.hpp"

namespace snnsim {

/// Where one record's values go: [sample][cell] from `offset` on in the window's samples.
struct SamplePlace {
    const StepWindow* window;
    std::int64_t k;         // the step's number in its batch
    std::int64_t interval;  // steps
    std::uint32_t cells;
    std::uint64_t offset;

    /// Null in a step without a sample.
    SNN_HD float* of(std::size_t cell) const {
        const std::int64_t done = window->now + k + 1;
        if (done % interval != 0) return nullptr;
        const auto row = static_cast<std::uint64_t>(done / interval - window->chunk / interval - 1);
        return window->samples + offset + row * cells + cell;
    }
};

/// Body over the cells of a record: copies a value.
struct SampleValue {
    SamplePlace place;
    const float* const* from;
    const float* origin;  // added to each

    SNN_HD void operator()(std::size_t cell) const {
        if (float* const to = place.of(cell)) *to = *from[cell] + origin[cell];
    }
};

/// Body over the cells of a record: adds what arrived for this step at its receptors.
struct AddArrived {
    const std::int32_t* const* arrived;  // [receptor][cell]
    std::int64_t* sums;
    std::uint32_t cells, receptors;

    SNN_HD void operator()(std::size_t cell) const {
        for (std::size_t r = 0; r < receptors; ++r)
            sums[r * cells + cell] += *arrived[r * cells + cell];
    }
};

/// Body over the cells of a record: what arrived since the last sample, as weight.
struct SampleInput {
    SamplePlace place;
    std::int64_t* sums;   // [receptor][cell]
    const double* scale;  // units of the grid per weight, by receptor
    std::uint32_t receptors;

    SNN_HD void operator()(std::size_t cell) const {
        float* const to = place.of(cell);
        if (!to) return;
        double weights = 0.0;
        for (std::size_t r = 0; r < receptors; ++r) {
            std::int64_t& sum = sums[r * place.cells + cell];
            weights += static_cast<double>(sum) / scale[r];
            sum = 0;
        }
        *to = static_cast<float>(weights);
    }
};

}  // namespace snnsim
