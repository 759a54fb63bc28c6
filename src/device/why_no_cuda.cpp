// Stands in for why_no_cuda.cu in a build without CUDA.
#include "snnsim/device.hpp"

namespace snnsim {

std::string why_no_cuda() {
    return "this snnsim was built without CUDA (no nvcc was found)";
}

}  // namespace snnsim
