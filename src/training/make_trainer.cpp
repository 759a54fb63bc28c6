// Picks the backend.
#include "src/training/make_trainer_on.hpp"

namespace snnsim {

std::unique_ptr<Trainer> make_trainer(Device device, const Network& network,
                                      const TrainerOptions& options) {
    return choose_device(device) == Device::cuda ? make_cuda_trainer(network, options)
                                                 : make_cpu_trainer(network, options);
}

}  // namespace snnsim
