// Stands in for cuda.cu in a build without CUDA.
#include "snnsim/device.hpp"
#include "src/device/cuda_name.hpp"

namespace snnsim {

std::string why_no_cuda() {
    return "this snnsim was built without CUDA (no nvcc was found)";
}

std::string cuda_name() {
    return "";
}

std::string cuda_bus_id() {
    return "";
}

}  // namespace snnsim
