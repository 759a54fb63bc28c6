// Stands in for the CUDA trainer in a build without CUDA.
#include "snnsim/error.hpp"
#include "src/training/make_trainer_on.hpp"

namespace snnsim {

std::unique_ptr<Trainer> make_cuda_trainer(const Network&, const TrainerOptions&, Exchange&) {
    throw DeviceError("cannot use CUDA: " + why_no_cuda());
}

}  // namespace snnsim
