// The shape that the weights of a projection have in a file.
#pragma once

#include "snnsim/model_spec.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/io/read_weights.hpp"
#include "src/network/weight_count.hpp"

namespace snnsim {

inline WeightShape shape_of(const ModelSpec& spec, const ProjectionSpec& p) {
    const WeightMatrix matrix = weight_matrix(spec, p);
    return {p.name(), p.from, p.to, static_cast<std::size_t>(matrix.rows),
            static_cast<std::size_t>(matrix.columns)};
}

inline WeightShape shape_of(const SimulationSpec& spec, const SynapsesSpec& p) {
    return {p.name(), p.from, p.to, static_cast<std::size_t>(spec.population(p.from).size),
            static_cast<std::size_t>(spec.population(p.to).size)};
}

}  // namespace snnsim
