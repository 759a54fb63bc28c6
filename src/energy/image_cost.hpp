// What one sample costs: events, synaptic operations, neuron updates, memory, and their energy.
#pragma once

#include <optional>

#include "snnsim/trainer.hpp"
#include "src/energy/energy_model.hpp"

namespace snnsim {

/// Per sample, summed over its time steps, forward.
struct ImageCost {
    double input_events = 0.0;  // non-zero values the encoder sends
    double spikes = 0.0;        // of the populations behind the input that spike, graded or not
    double dense_macs = 0.0, dense_acs = 0.0;  // every weight at every step
    double macs = 0.0, acs = 0.0;              // effective (NeuroBench)
    double syops_macs = 0.0, syops_acs = 0.0;  // syops-counter; with an AC for each neuron update
    double neuron_updates = 0.0;               // neurons with a state times steps
    double reads = 0.0, writes = 0.0;          // words of memory
    double activity = 0.0;  // share of inputs of synapses that are not zero, per step

    double dense() const { return dense_macs + dense_acs; }
};
ImageCost image_cost(const ModelSpec& spec, const PhaseCounts& counts);
/// `inputs`: populations that encode. Of counts without samples it is the cost of all.
ImageCost image_cost(const std::vector<std::string>& inputs, const PhaseCounts& counts);

/// uJ per sample; no value where the technology has none for an operation that occurs.
struct ImageEnergy {
    std::optional<double> synapses;  // effective operations
    std::optional<double> dense;     // without leaving out zeros
    std::optional<double> neurons;   // updates of states
    std::optional<double> memory;    // reads and writes
    std::optional<double> all;       // synapses, neurons and memory
};
/// With the energies of int8 where the model was tested with weights of at most 8 bits.
ImageEnergy image_energy(const ModelSpec& spec, const ImageCost& cost, const EnergyModel& model);
ImageEnergy image_energy(const ImageCost& cost, const EnergyModel& model, bool int8 = false);
/// Whether those are used.
bool tested_in_int8(const ModelSpec& spec);

/// Effective operations of a training sample, forward and backward, all epochs together divided by
/// the samples seen.
struct TrainingCost {
    double forward_macs = 0.0, forward_acs = 0.0, backward_macs = 0.0, backward_acs = 0.0;
    double weight_updates = 0.0;
};
TrainingCost training_cost(const PhaseCounts& counts);

}  // namespace snnsim
