#include "src/model/checks.hpp"

#include <algorithm>
#include <iterator>
#include <type_traits>

namespace snnsim {

ModelView::ModelView(const ModelSpec& spec, const Value& root, Problems& problems)
    : Places(root, problems), spec(spec) {
    for (const PopulationSpec& p : spec.populations) names.push_back(p.name);
}

std::vector<std::string> ModelView::outputs() const {
    std::vector<std::string> out;
    std::copy_if(names.begin(), names.end(), std::back_inserter(out),
                 [&](const std::string& name) { return !sends_on(spec.projections, name); });
    return out;
}

Output output_of(const PopulationSpec& p) {
    Output out = Output::spikes;
    NeuronModels::visit(p.neuron, [&]<class M>(const auto&) {
        if constexpr (NeuronModel<M>) out = M::output;
    });
    return out;
}
bool is_source(const PopulationSpec& p) {
    return std::holds_alternative<SpikeSource::Params>(p.neuron);
}
bool has_threshold_of(const PopulationSpec& p) {
    bool threshold = false;
    NeuronModels::visit(p.neuron, [&]<class M>(const auto&) {
        if constexpr (NeuronModel<M>) threshold = has_threshold<M>;
    });
    return threshold;
}
bool has_memory(const PopulationSpec& p) {
    bool memory = false;
    NeuronModels::visit(p.neuron, [&]<class M>(const auto&) {
        if constexpr (NeuronModel<M>) memory = !std::is_empty_v<typename M::State>;
    });
    return memory;
}

void check_model(const ModelSpec& spec, const Value& root, Problems& problems) {
    ModelView model(spec, root, problems);
    check_names(model, spec.name);
    check_data(model);
    check_time(model);
    check_learned_delays(model);
    check_projections(model);
    check_windows(model);
    check_graph(model);
    check_neurons(model);
    check_train(model);
    check_trainable(model);
    check_dale(model);
    check_products(model);
    check_method(model);
    check_train_phases(model);
    check_record(model);
    check_prediction(model);
    if (problems.empty()) check_arithmetic(model);
}

}  // namespace snnsim
