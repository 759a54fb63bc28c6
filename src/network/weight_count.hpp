// How many weights a network that is trained has.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "snnsim/model_spec.hpp"
#include "snnsim/network.hpp"

namespace snnsim {

/// Neurons of a population; 0 where there is none of the name.
std::int64_t size_of(const ModelSpec& spec, const std::string& population);
/// The matrix that holds the weights of a projection: one for each source and target, or for each
/// tap of a window and channel of the targets; none of a pool.
struct WeightMatrix {
    std::int64_t rows = 0, columns = 0;
};
WeightMatrix weight_matrix(const ModelSpec& spec, const ProjectionSpec& p);
/// Pairs of neurons that share them: as many, but for windows.
double pairs_of(const ModelSpec& spec, const ProjectionSpec& p);

/// Bytes on a backend of the delays that a projection learns, and of what is computed with them; 0
/// where it learns none.
std::size_t bytes_of_delays(const ModelSpec& spec, const ProjectionSpec& p, std::size_t batch);

/// Weights of a projection that are there: a full matrix may have pairs without a synapse.
inline std::int64_t synapse_count(const Projection& p) {
    return p.connected.empty() ? static_cast<std::int64_t>(p.weights.size())
                               : std::count(p.connected.begin(), p.connected.end(), 1);
}

struct WeightCount {
    std::int64_t trainable = 0, fixed = 0, bias = 0;
};
WeightCount count_weights(const ModelSpec& spec);

}  // namespace snnsim
