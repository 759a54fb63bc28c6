#include "src/energy/layer_model.hpp"

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

double cost(double count, const std::optional<double>& each, const char* what) {
    if (count == 0.0) return 0.0;
    if (!each) throw UsageError(std::string("the energy model has no value for ") + what);
    return count * *each;
}

}  // namespace

double LayerOperations::energy(const OperationEnergies& e) const {
    return cost(macs, e.mac, "mac") + cost(acs, e.ac, "ac") + cost(reads, e.read, "read") +
           cost(writes, e.write, "write");
}

LayerOperations dense_layer(double inputs, double outputs) {
    return {inputs * outputs, 2.0 * outputs + inputs, inputs + (inputs + 1.0) * outputs, outputs};
}

LayerOperations spiking_layer(const SpikingLayer& l) {
    const double spikes = l.inputs * l.steps * l.activity;
    const double sent = l.outputs * l.steps * l.activity;
    const double synaptic = spikes * l.outputs, states = l.steps * l.outputs;
    return {(l.graded ? synaptic : 0.0) + states, 2.0 * states + synaptic * (l.graded ? 1.0 : 2.0),
            spikes + (spikes + 1.0) * l.outputs + states + 2.0 * l.outputs, sent + states};
}

double break_even_activity(double n, double steps, const OperationEnergies& e) {
    const auto at = [&](double activity) {
        return spiking_layer({n, n, steps, activity}).energy(e);
    };
    const double silent = at(0.0);
    return (dense_layer(n, n).energy(e) - silent) / (at(1.0) - silent);  // linear in the activity
}

}  // namespace snnsim
