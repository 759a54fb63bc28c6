#include "src/device/choose_device.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/files/room.hpp"

namespace snnsim {
namespace {

const CudaDevice& device_of(const DeviceRequest& request, const Machine& machine) {
    const int number = std::max(0, request.number);
    const auto found = std::find_if(machine.devices.begin(), machine.devices.end(),
                                    [&](const CudaDevice& d) { return d.number == number; });
    if (found != machine.devices.end()) return *found;
    std::string all;
    for (const CudaDevice& d : machine.devices)
        all += fmt::format("{}{} ({})", all.empty() ? "" : ", ", d.number, d.name);
    throw UsageError(fmt::format("--device {}: there is no such device; there is {}", number, all));
}

}  // namespace

Machine this_machine(int threads) {
    return {threads, cuda_devices(), why_no_cuda()};
}

DeviceChoice choose_device(const DeviceRequest& request, const Machine& machine,
                           const std::function<Plan()>& plan) {
    if (request.backend == Device::cpu) {
        if (request.number >= 0)
            throw UsageError(
                "--device names a CUDA device, and --backend cpu uses none; leave one of them out");
        return {};
    }
    if (!machine.why_no_cuda.empty()) {
        if (request.backend == Device::automatic && request.number < 0)
            return {.why = machine.why_no_cuda};
        throw DeviceError(fmt::format(
            "{}: {}; use --backend cpu, or auto to take what is there",
            request.number < 0 ? "--backend cuda" : fmt::format("--device {}", request.number),
            machine.why_no_cuda));
    }
    const CudaDevice& device = device_of(request, machine);
    if (request.backend == Device::cuda) return {Device::cuda, device};
    if (device.interpreted)
        return {.why = device.name + " is only for tests, and needs --backend cuda"};
    const Plan planned = plan();
    const double cpu = modelled_seconds_on_cpu(planned.work, machine.threads),
                 cuda = modelled_seconds_on(device, planned.work);
    const std::string times = fmt::format(
        "about {:.2g} s on {}, {:.2g} s on the CPU, by a model of both", cuda, device.text(), cpu);
    if (!(cuda < cpu)) return {.why = times, .modelled = true};
    if (const std::size_t free = machine.free_memory(device.number); planned.device_memory > free)
        return {.why = fmt::format("{}; but it takes about {} of the device's memory, of which {} "
                                   "are free",
                                   times, bytes_text(planned.device_memory), bytes_text(free)),
                .modelled = true};
    return {Device::cuda, device, times, true};
}

}  // namespace snnsim
