#include "src/model/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <type_traits>

#include "src/model/suggest.hpp"

namespace snnsim {

ModelView::ModelView(const ModelSpec& spec, const Value& root, Problems& problems)
    : spec(spec), root_(root), problems_(problems) {
    for (const PopulationSpec& p : spec.populations) names.push_back(p.name);
}

const Value* ModelView::walk(std::initializer_list<std::string> path,
                             bool as_far_as_possible) const {
    const Value* at = &root_;
    for (const std::string& key : path) {
        const Value* next = nullptr;
        if (at->kind == Value::Kind::list) {
            // A name where the file has a list by mistake leads nowhere.
            std::size_t index = at->list.size();
            std::from_chars(key.data(), key.data() + key.size(), index);
            if (index < at->list.size()) next = &at->list[index];
        } else {
            next = at->find(key);
        }
        if (!next) return as_far_as_possible ? at : nullptr;
        at = next;
    }
    return at;
}

const Value& ModelView::place(std::initializer_list<std::string> path) const {
    return *walk(path, true);
}
bool ModelView::sound(std::initializer_list<std::string> path) const {
    const Value* value = walk(path, false);
    return value && !problems_.inside(*value);
}
bool ModelView::sound_or_absent(std::initializer_list<std::string> path) const {
    const Value* value = walk(path, false);
    return !value || !problems_.inside(*value);
}

const PopulationSpec* ModelView::find(const std::string& name,
                                      std::initializer_list<std::string> path) {
    for (const PopulationSpec& p : spec.populations) {
        if (p.name == name) return &p;
    }
    if (sound(path)) {
        add(path, fmt::format("there is no population '{}'{} (there are: {})", name,
                              did_you_mean(name, names), join(names)));
    }
    return nullptr;
}

std::vector<std::string> ModelView::outputs() const {
    std::vector<std::string> out;
    std::copy_if(names.begin(), names.end(), std::back_inserter(out), [&](const std::string& name) {
        return std::none_of(
            spec.projections.begin(), spec.projections.end(),
            [&](const ProjectionSpec& p) { return p.from == name && p.to != name; });
    });
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
bool has_memory(const PopulationSpec& p) {
    bool memory = false;
    NeuronModels::visit(p.neuron, [&]<class M>(const auto&) {
        if constexpr (NeuronModel<M>) memory = !std::is_empty_v<typename M::State>;
    });
    return memory;
}

void check_names(ModelView& model) {
    const auto check = [&](const std::string& name, std::initializer_list<std::string> path,
                           const char* what) {
        const bool good =
            !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
                return std::isalnum(c) || c == '_' || c == '-';
            });
        if (good) return;
        model.add(path,
                  fmt::format("{} '{}' may hold only letters, digits, '_' and '-'", what, name));
    };
    if (model.sound({"name"})) check(model.spec.name, {"name"}, "the name");
    for (const std::string& name : model.names) {
        check(name, {"populations", name}, "the name of a population,");
    }
}

void check_model(const ModelSpec& spec, const Value& root, Problems& problems) {
    ModelView model(spec, root, problems);
    check_names(model);
    check_time(model);
    check_projections(model);
    check_graph(model);
    check_train(model);
    check_record(model);
}

}  // namespace snnsim
