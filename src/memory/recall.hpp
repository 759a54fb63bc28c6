// Trials of recall, on either backend.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "snnsim/hopfield_spec.hpp"

namespace snnsim {

struct RecallOutcome {
    std::vector<std::int8_t> states;     // [trial][unit], at the end
    std::vector<std::int32_t> overlaps;  // [trial][pattern]: sum_i xi_i S_i
    std::vector<std::uint32_t> sweeps;   // of each trial, with the last one that changed nothing
    std::vector<std::uint8_t> settled;   // 1 where the last sweep changed nothing, without noise
    /// [sweep][trial]: E = -1/2 sum W_ij S_i S_j, first that of the start. A trial that has settled
    /// keeps its energy.
    std::vector<double> energy;
    std::string device;    // what computed it
    double seconds = 0.0;  // of the sweeps
    bool interrupted = false;
};

/// Asked between two sweeps, with those that are done, whether to end.
using AskToEnd = std::function<bool(std::uint32_t sweeps)>;

RecallOutcome recall_on_cpu(const HopfieldModel& model, int threads, const AskToEnd& ask);
/// On the current device. Throws DeviceError where the program has no CUDA.
RecallOutcome recall_on_cuda(const HopfieldModel& model, const AskToEnd& ask);

}  // namespace snnsim
