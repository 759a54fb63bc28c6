// When the populations of a trained network are awake.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"

namespace snnsim {

/// Samples that a trained network is shown, one after the other: every `period` steps from `start`
/// on one begins, and a population of depth d (see CellPopulationSpec) is stepped for `length`
/// steps from start + d + k period on, with its state at time 0 before the first of them. In all
/// others it sleeps: nothing changes it and it sends nothing; what arrives is lost.
struct SampleWindows {
    std::int64_t start = 0, period = 0, length = 0;  // steps; period 0: all are awake

    /// Step of the sample that a population is in, or -1 where it sleeps.
    SNN_HD std::int64_t place(std::int64_t t, std::int64_t depth) const {
        const std::int64_t since = t - start - depth;
        if (since < 0) return -1;
        const std::int64_t place = since % period;
        return place < length ? place : -1;
    }
};

}  // namespace snnsim
