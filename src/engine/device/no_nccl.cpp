// Of a build without NCCL.
#include "snnsim/error.hpp"
#include "src/engine/device/device_of_rank.hpp"

namespace snnsim {

std::string nccl_name() {
    return {};
}

std::string why_no_nccl() {
    return "this snnsim was built without NCCL, which is found by its nccl.h";
}

std::unique_ptr<DeviceCarrier> make_nccl_carrier(Exchange&) {
    throw UsageError("SNNSIM_GPU_EXCHANGE is nccl, and there is none: " + why_no_nccl());
}

}  // namespace snnsim
