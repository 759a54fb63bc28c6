// The trainer on a CUDA device.
#include "kernels/launch/cuda.cuh"
#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"

namespace snnsim {

std::unique_ptr<Trainer> make_cuda_trainer(const Network& network, const TrainerOptions& options) {
    return std::make_unique<TrainerOn<Cuda>>(network, options);
}

std::string why_no_cuda() {
    int driver = 0, count = 0;
    if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0)
        return "no NVIDIA driver is installed";
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status != cudaSuccess) return cudaGetErrorString(status);
    return count == 0 ? "no CUDA device found" : "";
}

}  // namespace snnsim
