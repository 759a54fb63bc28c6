// Whether this machine can run CUDA code, and where.
#include <cuda_runtime.h>

#include "snnsim/device.hpp"

namespace snnsim {

std::string why_no_cuda() {
    int driver = 0, count = 0;
    if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0)
        return "no NVIDIA driver is installed";
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status != cudaSuccess) return cudaGetErrorString(status);
    return count == 0 ? "no CUDA device found" : "";
}

std::string cuda_bus_id() {
    char id[32];
    if (!why_no_cuda().empty() || cudaDeviceGetPCIBusId(id, sizeof id, 0) != cudaSuccess) return "";
    return id;
}

}  // namespace snnsim
