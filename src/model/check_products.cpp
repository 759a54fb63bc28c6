// Checks of projections whose sums multiply those of another.
#include <fmt/format.h>

#include <algorithm>

#include "src/model/checks.hpp"
#include "src/model/loops.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// What is wrong with the projection that `p` multiplies, or nothing.
std::string why_not_multiplied(const ModelView& model, const ProjectionSpec& p,
                               const ProjectionSpec& first) {
    if (&first == &p) return "it cannot multiply itself; name another";
    if (first.from != p.from || first.to != p.to)
        return fmt::format(
            "'{}' leads from '{}' to '{}', and this one from '{}' to '{}'; both "
            "must have the same ends",
            first.name(), first.from, first.to, p.from, p.to);
    if (!first.multiplies.empty())
        return fmt::format("'{}' multiplies another itself; name that one", first.name());
    for (const ProjectionSpec& other : model.spec.projections) {
        if (&other == &p) break;
        if (other.multiplies == first.name())
            return fmt::format("'{}' is multiplied by '{}' already; leave one of the two out",
                               first.name(), other.name());
    }
    if (is_pool(p.connect.rule) || is_pool(first.connect.rule))
        return "a pool has no weights; write a convolution, or leave multiplies out";
    return "";
}

}  // namespace

void check_products(ModelView& model) {
    const std::vector<ProjectionSpec>& all = model.spec.projections;
    if (std::none_of(all.begin(), all.end(), [](const auto& p) { return !p.multiplies.empty(); }))
        return;
    std::vector<std::string> names;
    for (const ProjectionSpec& p : all) names.push_back(p.name());
    const std::vector<bool> cycles = on_cycles(model.spec);
    for (std::size_t k = 0; k < all.size(); ++k) {
        const ProjectionSpec& p = all[k];
        const Places::Path at{"projections", std::to_string(k), "multiplies"};
        if (p.multiplies.empty() || !model.sound(at)) continue;
        const auto first = std::find(names.begin(), names.end(), p.multiplies);
        if (first == names.end()) {
            model.add(at, fmt::format("there is no projection '{}'{}", p.multiplies,
                                      those_there_are(p.multiplies, names)));
            continue;
        }
        const std::string wrong =
            why_not_multiplied(model, p, all[static_cast<std::size_t>(first - names.begin())]);
        if (!wrong.empty()) {
            model.add(at, wrong);
            continue;
        }
        bool on_cycle = false;
        for (std::size_t n = 0; n < all.size(); ++n)
            on_cycle = on_cycle || (all[n].to == p.to && cycles[n]);
        if (on_cycle)
            model.add(at, fmt::format("'{}' lies on a cycle of projections, where sums cannot be "
                                      "multiplied; leave multiplies out",
                                      p.to));
        if (!model.spec.train) continue;
        const Methods::Params& method = model.spec.train->method;
        if (following_of(method) != Following::nothing ||
            std::holds_alternative<EventProp::Params>(method))
            model.add(at, fmt::format("{} has no gradient of what is multiplied; write method: "
                                      "surrogate_gradient, or leave multiplies out",
                                      Methods::name_of(method)));
    }
}

}  // namespace snnsim
