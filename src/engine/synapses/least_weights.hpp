// The range of a projection's weights: the largest, and the smallest that must keep their digits on
// the grid of their target.
#pragma once

#include <utility>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Sizes of the smallest positive and negative weight; 0: there is none.
struct LeastWeights {
    double positive = 0.0, negative = 0.0;

    void add(double weight);
};

/// What the rounding of weights nearest to 0 may leave out of account: a distribution has no
/// smallest weight, so those nearest to 0 that together make up so much of the sum of all sizes (of
/// weights in a file, no more than half of them) are rounded as they come, some of them to 0.
inline constexpr double tail_of_weights = 0.01;

/// The ends of what a synapse of a projection can weigh, as long as the network runs.
std::pair<double, double> weight_bounds(const SynapsesSpec& projection);

LeastWeights least_weights(const Distribution& weight);
/// Of single values and lists each weight counts but 0, of synapses that learn also those that
/// grow, and half of w_max: weights on their way between bounds are rounded to the nearest step.
LeastWeights least_weights(const SynapsesSpec& projection);

/// The share of a weight that a spike brings where it brings the least: u_0 of short_term (before
/// resources run low), one of several release sites.
double least_released(const SynapsesSpec& projection);
/// The size of graded spikes that still keep their digits: a tenth of the greatest, or 1. 1 of
/// spikes without values.
double least_value(const CellPopulationSpec& source);
/// The greatest value of a population's spikes; a little more where they are graded, as a float is
/// not exact.
double largest_value(const CellPopulationSpec& source);

}  // namespace snnsim
