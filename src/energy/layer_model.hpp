// Operations of one fully connected layer in a formula, and the activity at which spikes stop to
// pay (Garg et al. 2026, arXiv 2603.21674).
#pragma once

#include "src/energy/energy_model.hpp"

namespace snnsim {

struct LayerOperations {
    double macs = 0.0, acs = 0.0, reads = 0.0, writes = 0.0;

    /// pJ. Throws UsageError where the technology has no value for an operation that occurs.
    double energy(const OperationEnergies& e) const;
};

/// Every input meets every weight once.
LayerOperations dense_layer(double inputs, double outputs);

struct SpikingLayer {
    double inputs, outputs;
    double steps;
    double activity;     // share of inputs that send in a step; the outputs send as many spikes
    bool graded = true;  // spikes carry values: a MAC each, else an AC
};
LayerOperations spiking_layer(const SpikingLayer& layer);

/// The activity per step at which a spiking layer of graded spikes, n x n, takes what the dense one
/// takes.
double break_even_activity(double n, double steps, const OperationEnergies& e);

}  // namespace snnsim
