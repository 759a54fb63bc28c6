// Checks of Dale's law in a training.
#include <fmt/format.h>

#include <algorithm>

#include "src/model/checks.hpp"
#include "src/model/loops.hpp"
#include "src/text/words.hpp"

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
        const auto channels = static_cast<std::int64_t>(p.order().channels);
        const std::int64_t excitatory = p.dale->excitatory_of(channels);
        const double share = p.dale->excitatory;
        if (p.size > 0 && share > 0.0 && share < 1.0 && (excitatory == 0 || excitatory == channels))
            model.add(
                {"populations", p.name, "dale", "excitatory"},
                fmt::format("{:g} of the {} of '{}' are {}: all would {}; write {}", share,
                            counted(channels, p.shape.empty() ? "cell" : "channel"), p.name,
                            excitatory, excitatory == 0 ? "inhibit" : "excite",
                            excitatory == 0 ? "0, or a larger share" : "1, or a smaller share"));
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
