#include "src/training/smaller_weights.hpp"

#include <algorithm>
#include <cmath>

namespace snnsim {

std::vector<std::uint8_t> prune_mask(const std::vector<float>& weights,
                                     const std::vector<std::uint8_t>& connected, double sparsity) {
    std::vector<std::uint8_t> mask =
        connected.empty() ? std::vector<std::uint8_t>(weights.size(), 1) : connected;
    std::vector<std::size_t> there;
    for (std::size_t i = 0; i < mask.size(); ++i) {
        if (mask[i]) there.push_back(i);
    }
    const auto count =
        static_cast<std::ptrdiff_t>(std::llround(sparsity * static_cast<double>(there.size())));
    std::nth_element(there.begin(), there.begin() + count, there.end(),
                     [&](std::size_t a, std::size_t b) {
                         const float x = std::abs(weights[a]), y = std::abs(weights[b]);
                         return x < y || (x == y && a < b);
                     });
    for (std::ptrdiff_t k = 0; k < count; ++k) mask[there[static_cast<std::size_t>(k)]] = 0;
    return mask;
}

double sparsity_after(const PruneSpec& spec, std::int64_t epoch) {
    if (epoch < spec.from || epoch > spec.to) return 0.0;
    const double left =
        static_cast<double>(spec.to - epoch) / static_cast<double>(spec.to - spec.from + 1);
    return spec.sparsity * (1.0 - left * left * left);
}

void quantize_weights(const QuantizeSpec& spec, std::size_t targets,
                      const std::vector<std::uint32_t>* target, std::vector<float>& weights) {
    const auto target_of = [&](std::size_t k) { return target ? (*target)[k] : k % targets; };
    const auto limit = static_cast<float>((std::int64_t{1} << (spec.bits - 1)) - 1);
    std::vector<float> step(targets, 0.0f);
    for (std::size_t k = 0; k < weights.size(); ++k)
        step[target_of(k)] = std::max(step[target_of(k)], std::abs(weights[k]) / limit);
    if (spec.scale == QuantizeScale::projection)
        step.assign(targets, *std::max_element(step.begin(), step.end()));
    for (std::size_t k = 0; k < weights.size(); ++k) {
        const float s = step[target_of(k)];
        if (s > 0.0f) weights[k] = std::nearbyint(weights[k] / s) * s;
    }
}

}  // namespace snnsim
