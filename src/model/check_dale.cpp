// Checks of Dale's law in a training.
#include <fmt/format.h>

#include "src/model/checks.hpp"
#include "src/model/loops.hpp"

namespace snnsim {

void check_dale(ModelView& model) {
    for (const PopulationSpec& p : model.spec.populations) {
        if (!p.dale || !model.sound({"populations", p.name, "dale"})) continue;
        const auto add = [&](const std::string& text) {
            model.add({"populations", p.name, "dale"}, fmt::format("'{}' {}", p.name, text));
        };
        bool sends = false;
        for (const ProjectionSpec& out : model.spec.projections) {
            if (out.from != p.name || is_pool(out.connect.rule)) continue;
            sends = true;
            const auto to =
                std::find_if(model.spec.populations.begin(), model.spec.populations.end(),
                             [&](const PopulationSpec& t) { return t.name == out.to; });
            if (to != model.spec.populations.end() && to->batch_norm)
                add(
                    fmt::format("has weights of one sign to '{}', whose norm becomes part of them "
                                "in the end and may turn them; leave batch_norm of '{}' out",
                                out.to, out.to));
        }
        if (!sends) add("has no projection with weights, so that dale says nothing; leave it out");
        if (model.model_known(p) && output_of(p) == Output::values && !is_source(p) &&
            std::string(model_of(p)) != "relu")
            add(
                fmt::format("is a {}, which sends values of both signs; Dale's law is of what "
                            "sends spikes, or values from 0 on",
                            model_of(p)));
    }
}

}  // namespace snnsim
