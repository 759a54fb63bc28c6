#include "src/energy/image_cost.hpp"

#include <algorithm>

#include "snnsim/error.hpp"

namespace snnsim {
namespace {

double per_sample(std::uint64_t sum, const PhaseCounts& counts) {
    return static_cast<double>(sum) /
           static_cast<double>(std::max<std::uint64_t>(counts.samples, 1));
}

/// uJ of a count of operations of `each` pJ.
std::optional<double> microjoules(double count, const std::optional<double>& each) {
    if (count == 0.0) return 0.0;
    if (!each) return std::nullopt;
    return count * *each * 1e-6;
}
std::optional<double> sum(const std::optional<double>& a, const std::optional<double>& b) {
    if (!a || !b) return std::nullopt;
    return *a + *b;
}

}  // namespace

ImageCost image_cost(const ModelSpec& spec, const PhaseCounts& counts) {
    std::vector<std::string> inputs;
    for (const PopulationSpec& p : spec.populations) {
        if (std::holds_alternative<SpikeSource::Params>(p.neuron)) inputs.push_back(p.name);
    }
    return image_cost(inputs, counts);
}

ImageCost image_cost(const std::vector<std::string>& inputs, const PhaseCounts& counts) {
    ImageCost cost;
    double arrived = 0.0, possible = 0.0;
    for (const ProjectionOperations& p : counts.forward) {
        (p.analog ? cost.dense_macs : cost.dense_acs) += per_sample(p.dense, counts);
        cost.macs += per_sample(p.macs, counts);
        cost.acs += per_sample(p.acs, counts);
        const double samples = static_cast<double>(std::max<std::uint64_t>(counts.samples, 1));
        cost.syops_macs += p.syops_macs() / samples;
        cost.syops_acs += p.syops_acs() / samples;
        cost.reads += per_sample(p.reads(), counts);
        arrived += per_sample(p.events, counts);
        possible += per_sample(p.inputs, counts);
    }
    if (possible > 0.0) cost.activity = arrived / possible;
    for (const PopulationActivity& a : counts.activity) {
        if (std::find(inputs.begin(), inputs.end(), a.population) != inputs.end()) {
            cost.input_events += per_sample(a.events, counts);
        } else if (a.updates > 0) {  // what keeps no state sends values, but no spikes
            cost.spikes += per_sample(a.events, counts);
        }
        cost.neuron_updates += per_sample(a.updates, counts);
        cost.reads += per_sample(a.reads, counts);
        cost.writes += per_sample(a.writes, counts);
    }
    cost.syops_acs += cost.neuron_updates;
    return cost;
}

bool tested_in_int8(const ModelSpec& spec) {
    return spec.test && spec.test->quantize && spec.test->quantize->bits <= 8;
}

ImageEnergy image_energy(const ModelSpec& spec, const ImageCost& cost, const EnergyModel& model) {
    return image_energy(cost, model, tested_in_int8(spec));
}

ImageEnergy image_energy(const ImageCost& cost, const EnergyModel& model, bool int8) {
    const OperationEnergies& synaptic = int8 && model.of_int8 ? *model.of_int8 : model.of_float;
    ImageEnergy e;
    e.synapses = sum(microjoules(cost.macs, synaptic.mac), microjoules(cost.acs, synaptic.ac));
    e.dense =
        sum(microjoules(cost.dense_macs, synaptic.mac), microjoules(cost.dense_acs, synaptic.ac));
    e.neurons = microjoules(cost.neuron_updates, model.of_float.of_update());
    e.memory =
        sum(microjoules(cost.reads, synaptic.read), microjoules(cost.writes, synaptic.write));
    e.all = sum(sum(e.synapses, e.neurons), e.memory);
    return e;
}

TrainingCost training_cost(const PhaseCounts& counts) {
    TrainingCost cost;
    for (const ProjectionOperations& p : counts.forward) {
        cost.forward_macs += per_sample(p.macs, counts);
        cost.forward_acs += per_sample(p.acs, counts);
    }
    for (const BackwardOperations& p : counts.backward) {
        cost.backward_macs += per_sample(p.macs, counts);
        cost.backward_acs += per_sample(p.acs, counts);
        cost.weight_updates += per_sample(p.updates, counts);
    }
    return cost;
}

}  // namespace snnsim
