// Whether this machine can run CUDA code, and where.
#include <cuda_runtime.h>

#include "snnsim/device.hpp"
#include "src/device/cuda_name.hpp"

namespace snnsim {
namespace {

/// ptxrun stands in for the CUDA runtime and runs PTX on the CPU (tools/ptxrun).
bool is_ptxrun(const std::string& name) {
    return name.starts_with("ptxrun");
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

std::string cuda_name() {
    cudaDeviceProp properties;
    if (!why_no_cuda().empty() || cudaGetDeviceProperties(&properties, 0) != cudaSuccess) return "";
    return properties.name;
}

std::string cuda_bus_id() {
    char id[32];
    const std::string name = cuda_name();
    if (name.empty() || is_ptxrun(name)) return "";
    return cudaDeviceGetPCIBusId(id, sizeof id, 0) == cudaSuccess ? id : "";
}

}  // namespace snnsim
