// Runs circuits through trials, on threads or on a CUDA device.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/evolve/tasks.hpp"

namespace snnsim {

/// What happened in a trial, by step.
struct RecordedTrial {
    TrialRecord record;
    std::vector<std::uint32_t> sent, fired;  // [step - 1]: bits of inputs and of cells
};

class CircuitRunner {
  public:
    virtual ~CircuitRunner() = default;
    virtual std::string name() const = 0;
    /// [circuit][trial]
    virtual std::vector<TrialRecord> run(const CircuitSet& circuits, const TrialSet& trials) = 0;
    /// Of the first circuit and the first trial.
    virtual RecordedTrial record(const CircuitSet& circuits, const TrialSet& trials) = 0;
};

std::unique_ptr<CircuitRunner> make_cpu_circuit_runner(int threads);
/// On the device that is current. Throws DeviceError in a build without CUDA.
std::unique_ptr<CircuitRunner> make_cuda_circuit_runner();

}  // namespace snnsim
