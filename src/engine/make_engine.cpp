// Picks the backend.
#include <limits>

#include "snnsim/error.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/scale.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options) {
    const SimulationSpec full = apply_scale(spec);
    SNN_EXPECT(options.device != Device::automatic);
    if (options.device == Device::cpu) return make_cpu_engine(full, options);
    use_cuda_device(options.cuda_device);
    return make_cuda_engine(full, options);
}

std::vector<ProjectionWeights> Engine::weights() const {
    std::vector<ProjectionWeights> all;
    read_weights(std::numeric_limits<std::size_t>::max(),
                 [&](const ProjectionWeights& w) { all.push_back(w); });
    return all;
}

}  // namespace snnsim
