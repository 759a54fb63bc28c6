// On which grid weights lie, and in how many bytes: decided from the model alone, so that neither
// the layout nor the form in which synapses are stored changes a bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "snnsim/receptors.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// The grids of a network's weights: [population][receptor] units per unit of weight, a power of
/// two such that neither a weight nor a sum of arriving weights can overflow.
struct WeightGrid {
    std::vector<std::vector<double>> scale;

    std::int32_t on_grid(std::size_t population, std::size_t receptor, double weight) const;
    /// Weight per unit, of each receptor.
    std::vector<double> steps(std::size_t population) const;
};

/// A grid is fine enough when the smallest weight that must keep its digits (see LeastWeights) is
/// so many steps: rounded by 0.5 % at most.
inline constexpr double enough_steps = 100.0;

struct WeightPlan {
    WeightGrid grid;
    std::vector<std::uint8_t> wide;  // by population: weights of its synapses take 32 bits, not 16
};

/// With 16 bits for all weights where that is fine enough (see enough_steps, and `weight_bits`).
/// Where it is not, the populations whose weights are too large for a finer grid get 32 bits; their
/// weights then bound the grid by the largest sum only. Throws ModelError with the place of a
/// weight that is no number on the grid, that becomes 0 there, or that even so is rounded by more
/// where `weight_bits` is auto.
WeightPlan plan_weights(const SimulationSpec& spec);

/// How the synapses of a projection are kept. The same spikes in any form.
enum class Storage : std::uint8_t {
    rows,        // targets and weights: 4 or 8 bytes each
    dense,       // all_to_all with one delay: no targets; weights in 2 or 4 bytes, or one for all
    stencil,     // on a grid: offsets that all sources share
    procedural,  // nothing: drawn anew for every spike
    plastic      // targets and weights that change: 6 bytes or more
};
Storage storage_of(const SynapsesSpec& projection);
/// On a device: what a CPU need not store lies in rows, but for stencils and for what is drawn anew
/// without looking at where cells are.
Storage storage_on_device(const SynapsesSpec& projection);

/// Bytes that each synapse of a projection takes.
double bytes_per_synapse(const SimulationSpec& spec, const WeightPlan& plan,
                         const SynapsesSpec& projection, Storage storage);

}  // namespace snnsim
