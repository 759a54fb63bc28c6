// Checks of the parameters of neurons that are trained.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "src/model/checks.hpp"
#include "src/model/trainable.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// Every parameter of the model has a name, whatever it is.
bool has_parameter(const NeuronModels::Params& neuron, const std::string& name) {
    bool found = false;
    std::visit(
        [&]<class P>(const P&) {
            P::fields().for_each([&](const auto& f) { found = found || f.name == name; });
        },
        neuron);
    return found;
}

/// Why it cannot be trained; empty where it can.
std::string why_not_trained(const PopulationSpec& p, const std::string& name) {
    const std::vector<std::string> known = learnable(p.neuron);
    if (known.empty())
        return fmt::format("a {} has no parameter that can be trained; leave trainable out",
                           model_of(p));
    if (std::find(known.begin(), known.end(), name) != known.end()) return "";
    for (const std::string& other : known) {
        if (settled_with(p.neuron, other) == name)
            return fmt::format("{} is the same as {} in a training: write {}", name, other, other);
    }
    if (!has_parameter(p.neuron, name))
        return fmt::format("a {} has no parameter '{}'{} (can be trained: {})", model_of(p), name,
                           did_you_mean(name, known), join(known));
    return fmt::format("{} is {} and cannot be trained (can be: {})", name,
                       number_parameter(p.neuron, name)
                           ? "no number that a step depends on smoothly"
                           : "a choice, no number",
                       join(known));
}

void check_one(ModelView& model, const PopulationSpec& p, const TrainableSpec& t, bool sound) {
    const auto add = [&](const std::string& what) {
        model.add(t.at, fmt::format("trainable of '{}': {}", p.name, what));
    };
    if (const std::string wrong = why_not_trained(p, t.name); !wrong.empty()) return add(wrong);
    if (t.per == Per::channel && p.shape.empty())
        add(fmt::format(
            "{} per channel: '{}' has no channels; write layer or cell, or give it a shape", t.name,
            p.name));
    if (t.spread > 0.0 && t.per == Per::layer)
        add(fmt::format("spread of {}: one value for all cells has none; add per: cell", t.name));
    if (t.file.empty() && !t.dataset.empty())
        add(fmt::format("dataset of {} is the name of something in `file`; write that too",
                        t.name));
    if (!t.file.empty() && t.spread > 0.0)
        add(fmt::format("spread of {}: its values come from `file`; leave spread out", t.name));
    if (!sound || !model.sound_or_absent({"populations", p.name, t.name})) return;
    if (const std::string wrong = link_of(p, t, model.spec.dt).wrong; !wrong.empty())
        add(fmt::format("{}: {}", t.name, wrong));
}

}  // namespace

void check_trainable(ModelView& model) {
    for (const PopulationSpec& p : model.spec.populations) {
        if (!model.model_known(p)) continue;
        const bool sound =
            model.sound({"dt"}) && model.sound_or_absent({"populations", p.name, "trainable"});
        std::set<std::string> names;
        for (const TrainableSpec& t : p.trainable) {
            if (t.name.empty()) continue;  // it could not be read
            if (!names.insert(t.name).second) {
                model.add(t.at, fmt::format("trainable of '{}': {} stands there already", p.name,
                                            t.name));
                continue;
            }
            check_one(model, p, t, sound);
        }
    }
}

}  // namespace snnsim
