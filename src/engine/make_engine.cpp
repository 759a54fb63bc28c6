// Picks the backend.
#include <algorithm>
#include <limits>

#include "snnsim/error.hpp"
#include "src/engine/make_engine_on.hpp"
#include "src/engine/scale.hpp"

namespace snnsim {

namespace {

/// Why the network needs the CPU; empty where it does not.
std::string reason_for_cpu(const SimulationSpec& spec) {
    const auto changing = std::find_if(spec.projections.begin(), spec.projections.end(),
                                       [](const SynapsesSpec& p) { return p.changes(); });
    if (changing != spec.projections.end())
        return "synapses that change ('" + changing->name() +
               "': plasticity, short_term or release) run on the CPU only so far";
    return spec.open_ended() ? "phases run on the CPU only so far" : "";
}

}  // namespace

Device choose_engine_device(const SimulationSpec& spec, Device wanted, std::string* why) {
    const std::string reason = reason_for_cpu(spec);
    if (reason.empty()) return choose_device(wanted);
    if (wanted == Device::cuda)
        throw DeviceError("--backend cuda: " + reason + "; use --backend cpu, or auto");
    if (why && wanted == Device::automatic && choose_device(wanted) == Device::cuda) *why = reason;
    return Device::cpu;
}

void Engine::needs_cpu(const char* what) {
    throw DeviceError(std::string(what) + " works on the CPU only so far; use --backend cpu");
}

std::unique_ptr<Engine> make_engine(const SimulationSpec& spec, const EngineOptions& options) {
    const SimulationSpec full = apply_scale(spec);
    return choose_engine_device(full, options.device) == Device::cuda
               ? make_cuda_engine(full, options)
               : make_cpu_engine(full, options);
}

std::vector<ProjectionWeights> Engine::weights() const {
    std::vector<ProjectionWeights> all;
    read_weights(std::numeric_limits<std::size_t>::max(),
                 [&](const ProjectionWeights& w) { all.push_back(w); });
    return all;
}

}  // namespace snnsim
