// The shape that the weights of a projection have in a file.
#pragma once

#include "snnsim/model_spec.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/io/read_weights.hpp"
#include "src/model/shapes.hpp"
#include "src/network/weight_count.hpp"

namespace snnsim {

inline WeightShape shape_of(const ModelSpec& spec, const ProjectionSpec& p) {
    const WeightMatrix matrix = weight_matrix(spec, p);
    WeightShape out{p.name(), p.from, p.to, static_cast<std::size_t>(matrix.rows),
                    static_cast<std::size_t>(matrix.columns)};
    if (is_convolution(p.connect.rule)) {
        const PopulationShape &from = shape_of(spec, p.from), &to = shape_of(spec, p.to);
        const SlidingWindow window = window_of(p.connect, from, to);
        out.kernel = {window.channels_out, window.taps() / window.area()};
        out.kernel.insert(out.kernel.end(), window.kernel + (from.size() < 3 ? 1 : 0),
                          window.kernel + 2);
    }
    return out;
}

inline WeightShape shape_of(const SimulationSpec& spec, const SynapsesSpec& p) {
    return {p.name(), p.from, p.to, static_cast<std::size_t>(spec.population(p.from).size),
            static_cast<std::size_t>(spec.population(p.to).size)};
}

}  // namespace snnsim
