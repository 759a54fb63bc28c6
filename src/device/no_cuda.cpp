// Stands in for cuda.cu in a build without CUDA.
#include "snnsim/device.hpp"
#include "snnsim/error.hpp"
#include "src/device/device_id.hpp"

namespace snnsim {

std::string why_no_cuda() {
    return "this snnsim was built without CUDA";
}

std::vector<CudaDevice> cuda_devices() {
    return {};
}

void use_cuda_device(int) {
    throw DeviceError("--backend cuda: " + why_no_cuda() + "; use --backend cpu");
}

std::string id_of_cuda_device(int) {
    return {};
}

std::size_t free_memory_of_cuda_device(int) {
    return 0;
}

}  // namespace snnsim
