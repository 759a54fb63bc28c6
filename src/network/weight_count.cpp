#include "src/network/weight_count.hpp"

#include "kernels/steps.hpp"
#include "src/model/shapes.hpp"
#include "src/network/stored_weights.hpp"

namespace snnsim {

std::int64_t size_of(const ModelSpec& spec, const std::string& name) {
    for (const PopulationSpec& p : spec.populations) {
        if (p.name == name) return p.size;
    }
    return 0;
}

WeightMatrix weight_matrix(const ModelSpec& spec, const ProjectionSpec& p) {
    if (is_pool(p.connect.rule)) return {0, shape_of(spec, p.to)[0]};
    if (!is_convolution(p.connect.rule)) return {size_of(spec, p.from), size_of(spec, p.to)};
    const PopulationShape& to = shape_of(spec, p.to);
    const SlidingWindow window = window_of(p.connect, shape_of(spec, p.from), to);
    return {static_cast<std::int64_t>(window.taps()), to[0]};
}

double pairs_of(const ModelSpec& spec, const ProjectionSpec& p) {
    const auto targets = static_cast<double>(size_of(spec, p.to));
    if (!only_trained(p.connect.rule)) return static_cast<double>(size_of(spec, p.from)) * targets;
    const SlidingWindow window = window_of(p.connect, shape_of(spec, p.from), shape_of(spec, p.to));
    return targets * static_cast<double>(is_pool(p.connect.rule) ? window.area() : window.taps());
}

std::size_t bytes_of_delays(const ModelSpec& spec, const ProjectionSpec& p, std::size_t batch) {
    if (!p.learned_delay) return 0;
    const auto from = static_cast<std::size_t>(size_of(spec, p.from)),
               to = static_cast<std::size_t>(size_of(spec, p.to)),
               steps = static_cast<std::size_t>(spec.steps());
    const auto longest = static_cast<std::size_t>(rounded_steps(p.learned_delay->max, spec.dt));
    const auto panels = [](std::size_t n) { return (n + 15) / 16 * 16; };
    const bool trains = spec.train.has_value();
    if (p.learned_delay->learn == DelayOf::source) {
        const std::size_t trace = batch * steps * panels(from);  // an upper bound for spikes
        return sizeof(float) * (from * (trains ? 5 + longest : 1) + trace * (trains ? 5 : 2));
    }
    // Delay, gradient and two moments; w K(d), its gradient; dL/d(input) along time.
    const std::size_t synapses = from * panels(to);
    return sizeof(float) * (synapses * (trains ? 4 + 2 * (longest + 1) : 1) +
                            (trains ? batch * to * (panels(steps) + longest) : 0));
}

WeightCount count_weights(const ModelSpec& spec) {
    WeightCount count;
    for (std::size_t k = 0; k < spec.projections.size(); ++k) {
        const ProjectionSpec& p = spec.projections[k];
        const std::int64_t weights = weights_of(spec, k);
        (p.trainable ? count.trainable : count.fixed) += weights;
        if (p.bias) count.bias += weight_matrix(spec, p).columns;
    }
    return count;
}

}  // namespace snnsim
