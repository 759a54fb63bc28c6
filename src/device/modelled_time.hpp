// How long a run would take on the CPU and on a CUDA device: a model, for the choice between them
// and for nothing else. Its rates are measured on a CPU; those of a device are not yet.
#pragma once

#include "snnsim/device.hpp"

namespace snnsim {

/// All that a run does, counted beforehand.
struct ExpectedWork {
    double cpu_seconds = 0.0;          // of one thread
    double launches = 0.0;             // of kernels ...
    double launch = 0.0;               // ... seconds each, of the device and of the host's call
    double instructions = 0.0;         // of their threads
    double bytes = 0.0;                // of device memory that they touch
    double serial_instructions = 0.0;  // of them, by one multiprocessor alone
};

double modelled_seconds_on_cpu(const ExpectedWork& work, int threads);
double modelled_seconds_on(const CudaDevice& device, const ExpectedWork& work);

}  // namespace snnsim
