// Picks the backend.
#include "src/engine/make_engine_on.hpp"
#include "src/engine/scale.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options) {
    const SimulationSpec full = apply_scale(spec);
    return choose_device(options.device) == Device::cuda ? make_cuda_engine(full, options)
                                                         : make_cpu_engine(full, options);
}

}  // namespace snnsim
