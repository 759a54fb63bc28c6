#include "src/energy/image_cost.hpp"

#include <algorithm>
#include <type_traits>

namespace snnsim {
namespace {

struct Kind {
    bool input = false, spiking = false, membrane = false;
};

Kind kind_of(const NeuronModels::Params& neuron) {
    return NeuronModels::visit(neuron, []<class M>(const auto&) -> Kind {
        if constexpr (NeuronModel<M>) {
            return {false, M::output == Output::spikes, !std::is_empty_v<typename M::State>};
        } else {
            return {.input = true};
        }
    });
}

}  // namespace

ImageCost image_cost(const ModelSpec& spec, const Evaluation& test) {
    const auto images = static_cast<double>(std::max<std::size_t>(test.labels.size(), 1));
    ImageCost cost;
    for (const ProjectionOperations& p : test.operations) {
        cost.dense += static_cast<double>(p.dense) / images;
        cost.macs += static_cast<double>(p.macs) / images;
        cost.acs += static_cast<double>(p.acs) / images;
    }
    for (const PopulationSpec& p : spec.populations) {
        const Kind kind = kind_of(p.neuron);
        if (kind.membrane) {
            cost.neuron_updates += static_cast<double>(p.size) * spec.steps();
        }
        for (const PopulationActivity& a : test.activity) {
            if (a.population != p.name) continue;
            if (kind.input) cost.input_events += static_cast<double>(a.events) / images;
            if (kind.spiking) cost.spikes += static_cast<double>(a.events) / images;
        }
    }
    return cost;
}

}  // namespace snnsim
