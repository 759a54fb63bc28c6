// Picks the backend.
#include "snnsim/error.hpp"
#include "src/training/make_trainer_on.hpp"

namespace snnsim {

std::unique_ptr<Trainer> make_trainer(Device device, const Network& network,
                                      const TrainerOptions& options) {
    if (device == Device::cpu) return make_cpu_trainer(network, options);
    const std::string reason = why_no_cuda();
    if (reason.empty()) return make_cuda_trainer(network, options);
    if (device == Device::automatic) return make_cpu_trainer(network, options);
    throw DeviceError("--backend cuda: " + reason +
                      "; use --backend cpu, or auto to take what is there");
}

}  // namespace snnsim
