// Which device computes a run: chosen once, and passed on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "snnsim/device.hpp"
#include "src/device/modelled_time.hpp"

namespace snnsim {

/// --backend and --device.
struct DeviceRequest {
    Device backend = Device::automatic;
    int number = -1;  // of a CUDA device; -1: none is named
};

/// What there is to choose from.
struct Machine {
    int threads = 1;
    std::vector<CudaDevice> devices;
    std::string why_no_cuda;  // empty when there are devices
    /// Of a device, by its number; only asked where it matters.
    std::function<std::size_t(int)> free_memory = free_memory_of_cuda_device;
};
Machine this_machine(int threads);

/// What a run would do, and bytes of device memory that it would take.
struct Plan {
    ExpectedWork work;
    std::size_t device_memory = 0;
};

struct DeviceChoice {
    Device backend = Device::cpu;  // cpu or cuda
    CudaDevice cuda = {};          // with cuda
    std::string why = {};          // of `auto`, in words; empty where a backend was asked for
    bool modelled = false;         // times decided

    /// "cpu, 2 threads (auto: ...)": what the engine or trainer calls itself, and why it was taken.
    std::string text(const std::string& name) const {
        return why.empty() ? name : name + " (auto: " + why + ")";
    }
};

/// `auto` takes the CUDA device where it is faster by the model and has enough memory. Throws
/// DeviceError where CUDA was asked for and cannot be used, UsageError where there is no such
/// device, or one is named and none used. `plan` is only asked where it matters.
DeviceChoice choose_device(const DeviceRequest& request, const Machine& machine,
                           const std::function<Plan()>& plan);

}  // namespace snnsim
