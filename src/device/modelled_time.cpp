#include "src/device/modelled_time.hpp"

#include <algorithm>

namespace snnsim {
namespace {

// Another thread adds so much of the first: brunel 0.81, microcircuit at 0.2 0.60
// (tools/bench/results/thread_scaling.json, two threads).
constexpr double of_another_thread = 0.7;
// A context, kernels loaded, the network copied: an assumption, to be measured.
constexpr double start_of_a_device = 0.5;  // s
// Share of its instructions that a device issues under kernels that do not fill it: an assumption.
constexpr double share_issued = 0.25;

}  // namespace

double modelled_seconds_on_cpu(const ExpectedWork& work, int threads) {
    return work.cpu_seconds / (1.0 + of_another_thread * (std::max(1, threads) - 1));
}

double modelled_seconds_on(const CudaDevice& device, const ExpectedWork& work) {
    const double per_processor = device.lanes * device.clock * share_issued,
                 rate = per_processor * device.processors;
    return start_of_a_device + work.launches * work.launch + work.instructions / rate +
           work.serial_instructions / per_processor + work.bytes / device.bandwidth;
}

}  // namespace snnsim
