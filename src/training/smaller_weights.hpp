// What makes trained weights cheaper: fewer of them, or fewer bits.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "snnsim/model_spec.hpp"

namespace snnsim {

/// Of each weight 0 for the smallest ones, by magnitude, so that the share `sparsity` of those
/// that `connected` (as in Projection) has is gone; of equal ones the first go first.
std::vector<std::uint8_t> prune_mask(const std::vector<float>& weights,
                                     const std::vector<std::uint8_t>& connected, double sparsity);

/// The share to be pruned after `epoch` (complete ones), of spec.sparsity at the end; 0: nothing
/// to do then.
double sparsity_after(const PruneSpec& spec, std::int64_t epoch);

/// To the nearest whole number of 1 / scale.
inline float on_grid(float weight, double scale) {
    return static_cast<float>(std::floor(static_cast<double>(weight) * scale + 0.5) / scale);
}

/// Rounds weights [source][target], or of synapses with a `target` each, to the grid of `spec`.
void quantize_weights(const QuantizeSpec& spec, std::size_t targets,
                      const std::vector<std::uint32_t>* target, std::vector<float>& weights);

}  // namespace snnsim
