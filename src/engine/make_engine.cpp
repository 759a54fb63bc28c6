// Picks the backend.
#include <limits>

#include "snnsim/error.hpp"
#include "src/device/device_id.hpp"
#include "src/engine/device/device_of_rank.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/scale.hpp"

namespace snnsim {

std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options) {
    return make_engine_on(apply_scale(spec), options, no_exchange());
}

std::unique_ptr<Engine> make_engine_on(const SimulationSpec& spec, const EngineOptions& options,
                                       Exchange& exchange) {
    SNN_EXPECT(options.device != Device::automatic);
    if (options.device == Device::cpu) return make_cpu_engine(spec, options, exchange);
    use_cuda_device(options.cuda_device);
    if (!exchange.alone())
        require_own_device(exchange, id_of_cuda_device(options.cuda_device),
                           cuda_devices().at(static_cast<std::size_t>(options.cuda_device)).text());
    return make_cuda_engine(spec, options, exchange);
}

std::vector<ProjectionWeights> Engine::weights() const {
    std::vector<ProjectionWeights> all;
    read_weights(std::numeric_limits<std::size_t>::max(),
                 [&](const ProjectionWeights& w) { all.push_back(w); });
    return all;
}

}  // namespace snnsim
