// Which CUDA devices this machine has.
#include <cuda_runtime.h>

#include "snnsim/device.hpp"
#include "snnsim/error.hpp"
#include "src/device/device_id.hpp"

namespace snnsim {
namespace {

double attribute(cudaDeviceAttr of, int device) {
    int value = 0;
    return cudaDeviceGetAttribute(&value, of, device) == cudaSuccess ? value : 0.0;
}

void require(cudaError_t status, int number) {
    if (status == cudaSuccess) return;
    throw DeviceError("cannot use CUDA device " + std::to_string(number) + ": " +
                      cudaGetErrorString(status) + "; use --backend cpu, or another --device");
}

CudaDevice describe(int number) {
    cudaDeviceProp properties;
    require(cudaGetDeviceProperties(&properties, number), number);
    CudaDevice d;
    d.number = number;
    d.name = properties.name;
    d.interpreted = d.name.starts_with("ptxrun");
    d.processors = properties.multiProcessorCount;
    d.capability = 10 * properties.major + properties.minor;
    // V100, T4, A100
    if (d.capability == 70 || d.capability == 75 || d.capability == 80) d.lanes = 64;
    d.memory = properties.totalGlobalMem;
    d.clock = 1e3 * attribute(cudaDevAttrClockRate, number);  // kHz
    // Two transfers a clock of a bus of so many bits.
    d.bandwidth = 2e3 * attribute(cudaDevAttrMemoryClockRate, number) *
                  attribute(cudaDevAttrGlobalMemoryBusWidth, number) / 8.0;
    char id[32];
    if (!d.interpreted && cudaDeviceGetPCIBusId(id, sizeof id, number) == cudaSuccess)
        d.bus_id = id;
    return d;
}

}  // namespace

std::string why_no_cuda() {
    int driver = 0, count = 0;
    if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0)
        return "no NVIDIA driver is installed";
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status != cudaSuccess) return cudaGetErrorString(status);
    return count == 0 ? "no CUDA device found" : "";
}

std::vector<CudaDevice> cuda_devices() {
    std::vector<CudaDevice> all;
    int count = 0;
    if (!why_no_cuda().empty() || cudaGetDeviceCount(&count) != cudaSuccess) return all;
    for (int k = 0; k < count; ++k) all.push_back(describe(k));
    return all;
}

void use_cuda_device(int number) {
    if (const std::string reason = why_no_cuda(); !reason.empty())
        throw DeviceError("--backend cuda: " + reason + "; use --backend cpu");
    require(cudaSetDevice(number), number);
}

std::string id_of_cuda_device(int number) {
    if (cuda_devices().at(static_cast<std::size_t>(number)).interpreted) return {};
    cudaDeviceProp properties;
    require(cudaGetDeviceProperties(&properties, number), number);
    return {properties.uuid.bytes, sizeof(properties.uuid.bytes)};
}

std::size_t free_memory_of_cuda_device(int number) {
    use_cuda_device(number);
    std::size_t free = 0, all = 0;
    require(cudaMemGetInfo(&free, &all), number);
    return free;
}

}  // namespace snnsim
