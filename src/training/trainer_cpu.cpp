// The trainer on the CPU.
#include "kernels/launch/cpu.hpp"
#include "src/training/make_trainer_on.hpp"
#include "src/training/trainer_on.hpp"

namespace snnsim {

std::unique_ptr<Trainer> make_cpu_trainer(const Network& network, const TrainerOptions& options,
                                          Exchange& exchange) {
    return std::make_unique<TrainerOn<Cpu>>(network, options, exchange);
}

}  // namespace snnsim
