// Stands in for the CUDA engine in a build without CUDA.
#include "snnsim/error.hpp"
#include "src/engine/make_engine_on.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_cuda_engine(const SimulationSpec&, const EngineOptions&, Exchange&) {
    throw DeviceError("cannot use CUDA: " + why_no_cuda());
}

}  // namespace snnsim
