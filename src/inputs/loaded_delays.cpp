#include "src/inputs/loaded_delays.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "snnsim/error.hpp"

namespace snnsim {

void expect_delays(const ModelSpec& spec, const ProjectionSpec& p, const WeightShape& shape,
                   const FileWeights& weights, const std::string& file) {
    const std::vector<double>& delays = weights.delay;
    if (delays.empty()) return;
    const double longest = *std::max_element(delays.begin(), delays.end());
    if (!p.learned_delay)
        throw FileError(
            fmt::format("the weights in {} have delays of {:g} ms at most, which {} "
                        "would lose; write delay: {{learn: synapse, max: {:g} ms}}",
                        file, longest, p.name(), std::max(longest, spec.dt)));
    const double max = p.learned_delay->max;
    if (longest > max * (1.0 + 1e-6))
        throw FileError(
            fmt::format("the weights in {} have delays of {:g} ms at most, but "
                        "delay.max of {} is {:g} ms",
                        file, longest, p.name(), max));
    if (p.learned_delay->learn == DelayOf::synapse) return;
    for (std::size_t i = 0; i < shape.sources; ++i) {
        const auto row = delays.begin() + static_cast<std::ptrdiff_t>(i * shape.targets);
        if (std::all_of(row, row + static_cast<std::ptrdiff_t>(shape.targets),
                        [&](double d) { return d == *row; }))
            continue;
        throw FileError(
            fmt::format("the weights in {} have a delay for each synapse, but {} learns "
                        "one of each source; write delay: {{learn: synapse, ...}}",
                        file, p.name()));
    }
}

}  // namespace snnsim
