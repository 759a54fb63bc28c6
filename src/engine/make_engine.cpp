// Picks the backend.
#include <limits>

#include "src/engine/make_engine_on.hpp"
#include "src/engine/scale.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options) {
    const SimulationSpec full = apply_scale(spec);
    return choose_device(options.device) == Device::cuda ? make_cuda_engine(full, options)
                                                         : make_cpu_engine(full, options);
}

std::vector<ProjectionWeights> Engine::weights() const {
    std::vector<ProjectionWeights> all;
    read_weights(std::numeric_limits<std::size_t>::max(),
                 [&](const ProjectionWeights& w) { all.push_back(w); });
    return all;
}

}  // namespace snnsim
