#include "snnsim/device.hpp"
#include "snnsim/error.hpp"

namespace snnsim {

Device choose_device(Device wanted) {
    if (wanted == Device::cpu) return Device::cpu;
    const std::string reason = why_no_cuda();
    if (reason.empty()) return Device::cuda;
    if (wanted == Device::automatic) return Device::cpu;
    throw DeviceError("--backend cuda: " + reason +
                      "; use --backend cpu, or auto to take what is there");
}

}  // namespace snnsim
