// Picks the backend.
#include "snnsim/error.hpp"
#include "src/training/make_trainer_on.hpp"

namespace snnsim {

std::unique_ptr<Trainer> make_trainer(Device device, const Network& network,
                                      const TrainerOptions& options) {
    SNN_EXPECT(device != Device::automatic);
    if (device == Device::cpu) return make_cpu_trainer(network, options);
    use_cuda_device(options.cuda_device);
    return make_cuda_trainer(network, options);
}

}  // namespace snnsim
