// Checks of astrocytes that change what synapses release.
#include <fmt/format.h>

#include <algorithm>

#include "src/model/simulation_checks.hpp"
#include "src/space/positions.hpp"
#include "src/text/suggest.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

void check_state(SimulationView& model, const GliotransmissionSpec& g,
                 const CellPopulationSpec& glia, const std::string& k) {
    const Places::Path given{"projections", k, "gliotransmission", "state"},
        from{"projections", k, "gliotransmission", "from"};
    const Places::Path at = model.given(given) ? given : from;
    const CellFacts facts = facts_of(glia);
    const auto found = std::find_if(facts.states.begin(), facts.states.end(),
                                    [&](const StateName& s) { return s.name == g.state; });
    if (found == facts.states.end()) {
        model.add(at,
                  fmt::format("'{}' is a {}, which has no state '{}'{}; name one without a "
                              "unit, or write model: {}",
                              glia.name, facts.model, g.state,
                              those_there_are(g.state, facts.state_names()), AstrocyteGchi::name));
    } else if (std::string_view(found->unit) != "") {
        model.add(at, fmt::format("{} is in {}, but gamma is a share, from 0 to 1, without a unit",
                                  g.state, found->unit));
    }
}

/// Every cell of one end has an astrocyte.
void check_pairs(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec& glia,
                 const std::string& k) {
    const GliotransmissionSpec& g = *s.gliotransmission;
    const Places::Path at{"projections", k, "gliotransmission", "from"};
    const std::string& name = g.at == SynapseEnd::source ? s.from : s.to;
    for (const CellPopulationSpec& cells : model.spec.populations) {
        if (cells.name != name || !model.size_known(cells) || !model.size_known(glia)) continue;
        if (cells.space && glia.space) {
            const std::size_t own = dimensions_of(*cells.space), other = dimensions_of(*glia.space);
            if (own == 0 || other == 0) continue;
            if (own != other || cells.space->periodic != glia.space->periodic)
                model.add(at,
                          fmt::format("'{}' and '{}' lie in spaces of {} and {}, {}: which "
                                      "astrocyte is nearest is not defined",
                                      name, glia.name,
                                      counted(static_cast<std::int64_t>(own), "dimension"), other,
                                      cells.space->periodic == glia.space->periodic
                                          ? "which must be equal"
                                          : "one of them periodic"));
        } else if (cells.size != glia.size) {
            model.add(at, fmt::format("'{}' has {} and '{}' {}: which of them goes with which is "
                                      "not defined; give both a 'space', for the nearest, or one "
                                      "size",
                                      name, counted(cells.size, "cell"), glia.name, glia.size));
        }
    }
}

}  // namespace

void check_gliotransmission(SimulationView& model, const SynapsesSpec& s, const std::string& k) {
    if (!model.sound({"projections", k, "gliotransmission"})) return;
    const GliotransmissionSpec& g = *s.gliotransmission;
    const Places::Path at{"projections", k, "gliotransmission"};
    if (!s.short_term && !s.release)
        model.add(at,
                  "gliotransmission changes u_0 of short_term, or p of release; add one of "
                  "them, for example 'short_term: {u_0: 0.6, tau_rec: 500 ms}'");
    if (s.plasticity && s.plasticity->structure)
        model.add(at,
                  "with structure synapses keep no resources of their own; leave "
                  "gliotransmission or structure out");
    const CellPopulationSpec* glia =
        model.find(g.from, {"projections", k, "gliotransmission", "from"});
    if (!glia || !model.model_known(*glia)) return;
    if (glia->depth >= 0) {
        model.add({"projections", k, "gliotransmission", "from"},
                  fmt::format("'{}' is of the network that was trained, whose states begin anew "
                              "with each sample; name a population of this file",
                              glia->name));
        return;
    }
    check_state(model, g, *glia, k);
    check_pairs(model, s, *glia, k);
}

}  // namespace snnsim
