// What one image costs: spikes, synaptic operations and neuron updates, averaged over a test.
#pragma once

#include "snnsim/trainer.hpp"

namespace snnsim {

/// Per image, summed over its time steps. Operations as NeuroBench counts them (Yik et al. 2023):
/// effective where input and weight are not zero; AC where all inputs of a projection are in {-1,
/// 0, 1}, MAC otherwise; bias not counted.
struct ImageCost {
    double input_events = 0.0;  // non-zero values the encoder sends
    double spikes = 0.0;        // of the spiking populations behind the input
    double dense = 0.0, macs = 0.0, acs = 0.0;
    double neuron_updates =
        0.0;  // neurons with a membrane times steps; each 1 MAC (leak) + 1 AC (threshold)
};

ImageCost image_cost(const ModelSpec& spec, const Evaluation& test);

}  // namespace snnsim
