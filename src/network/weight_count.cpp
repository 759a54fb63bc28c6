#include "src/network/weight_count.hpp"

#include <algorithm>
#include <vector>

#include "src/network/connections.hpp"

namespace snnsim {

std::int64_t size_of(const ModelSpec& spec, const std::string& name) {
    for (const PopulationSpec& p : spec.populations) {
        if (p.name == name) return p.size;
    }
    return 0;
}

std::int64_t weights_of(const ModelSpec& spec, std::size_t k) {
    const ProjectionSpec& p = spec.projections[k];
    const std::int64_t from = size_of(spec, p.from), to = size_of(spec, p.to);
    const std::vector<std::uint8_t> connected =
        connections(p.connect, {static_cast<std::size_t>(from), static_cast<std::size_t>(to),
                                spec.seed, static_cast<std::uint32_t>(k)});
    return connected.empty() ? from * to : std::count(connected.begin(), connected.end(), 1);
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
