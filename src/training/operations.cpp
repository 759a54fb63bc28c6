#include "src/training/operations.hpp"

#include <algorithm>

namespace snnsim {

ProjectionOperations count_operations(const ProjectionEvents& in, const std::vector<float>& weights,
                                      std::uint64_t presentations) {
    std::uint64_t effective = 0;
    for (std::size_t i = 0; i < in.sources; ++i) {
        const auto row = weights.begin() + static_cast<std::ptrdiff_t>(i * in.targets);
        const auto zeros = std::count(row, row + static_cast<std::ptrdiff_t>(in.targets), 0.0f);
        effective += in.events[i] * (in.targets - static_cast<std::uint64_t>(zeros));
    }
    return {in.projection.name, in.sources * in.targets * presentations, in.ternary ? 0 : effective,
            in.ternary ? effective : 0};
}

}  // namespace snnsim
