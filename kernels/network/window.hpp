// Where the device engine's kernels find the step they work on and the spikes of past steps.
#pragma once

#include <cstdint>

#include "kernels/host_device.hpp"
#include "kernels/network/sample_windows.hpp"

namespace snnsim {

/// Lives in device memory, so that kernels captured once can be run for any step. Spikes of a
/// stretch of steps lie behind each other, by (step, population, cell).
struct StepWindow {
    std::int64_t now = 0;             // the step of the first kernel of a batch of steps
    std::int64_t first = 0;           // the oldest step whose spikes are listed
    std::int64_t chunk = 0;           // the step from which samples are kept
    std::uint32_t* spikes = nullptr;  // rows: the cells' numbers in the network
    float* values = nullptr;          // of the spikes; null: all 1
    /// [step - first][population]: where the step's spikes of a population begin; one step more
    /// than is listed, for each row ends where the next begins.
    std::uint32_t* begin = nullptr;
    float* samples = nullptr;
    std::uint32_t populations = 0;
    SampleWindows shown;  // samples

    SNN_HD std::uint32_t* begins(std::int64_t step) const {
        return begin + static_cast<std::uint64_t>(step - first) * populations;
    }
};

/// Body over one element, after a batch of steps.
struct AdvanceWindow {
    StepWindow* window;
    std::int64_t steps;

    SNN_HD void operator()(std::size_t) const { window->now += steps; }
};

}  // namespace snnsim
