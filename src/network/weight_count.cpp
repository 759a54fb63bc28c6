#include "src/network/weight_count.hpp"

#include <algorithm>

#include "snnsim/error.hpp"
#include "src/network/connections.hpp"

namespace snnsim {

std::int64_t size_of(const ModelSpec& spec, const std::string& name) {
    for (const PopulationSpec& p : spec.populations) {
        if (p.name == name) return p.size;
    }
    return 0;
}

std::vector<std::uint8_t> connected_of(const ModelSpec& spec, std::size_t k) {
    const ProjectionSpec& p = spec.projections[k];
    std::vector<std::uint8_t> connected =
        connections(p.connect, {static_cast<std::size_t>(size_of(spec, p.from)),
                                static_cast<std::size_t>(size_of(spec, p.to)), spec.seed,
                                static_cast<std::uint32_t>(k), p.from == p.to});
    if (!p.weight.loaded || p.weight.loaded->mask.empty()) return connected;
    const std::vector<std::uint8_t>& stored = p.weight.loaded->mask;
    if (connected.empty()) return stored;
    SNN_EXPECT(connected.size() == stored.size());
    for (std::size_t i = 0; i < stored.size(); ++i) connected[i] = connected[i] && stored[i];
    return connected;
}

std::int64_t weights_of(const ModelSpec& spec, std::size_t k) {
    const ProjectionSpec& p = spec.projections[k];
    const std::vector<std::uint8_t> connected = connected_of(spec, k);
    return connected.empty() ? size_of(spec, p.from) * size_of(spec, p.to)
                             : std::count(connected.begin(), connected.end(), 1);
}

WeightCount count_weights(const ModelSpec& spec) {
    WeightCount count;
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        const std::int64_t weights = weights_of(spec, k);
        (p.trainable ? count.trainable : count.fixed) += weights;
        if (p.bias) count.bias += size_of(spec, p.to);
    }
    return count;
}

}  // namespace snnsim
