// Checks of records of weights.
#include <fmt/format.h>

#include "src/model/simulation_checks.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

/// The projection has weights that change. Null, and a problem, where it has none.
const SynapsesSpec* find_plastic(SimulationView& model, const std::string& name,
                                 const std::string& k) {
    const auto& projections = model.spec.projections;
    const auto p = std::find_if(projections.begin(), projections.end(),
                                [&](const SynapsesSpec& s) { return s.name() == name; });
    if (p != projections.end() && p->plasticity) return &*p;
    std::vector<std::string> plastic;
    for (const SynapsesSpec& s : projections) {
        if (s.plasticity) plastic.push_back(s.name());
    }
    model.add({"record", k, "projection"},
              fmt::format("{}'{}'{} (projections with plasticity: {})",
                          p == projections.end() ? "there is no projection " : "", name,
                          p == projections.end() ? did_you_mean(name, plastic)
                                                 : " has no plasticity: its weights stay",
                          plastic.empty() ? "none" : join(plastic)));
    return nullptr;
}

/// Pairs of cells that there are, each once.
void check_pairs(SimulationView& model, const SimulationRecordSpec& r, const SynapsesSpec& p,
                 const std::string& k) {
    if (!model.sound({"record", k, "synapses"})) return;
    const CellPopulationSpec* ends[2] = {nullptr, nullptr};
    for (const CellPopulationSpec& q : model.spec.populations) {
        if (!model.size_known(q)) continue;
        if (q.name == p.from) ends[0] = &q;
        if (q.name == p.to) ends[1] = &q;
    }
    for (std::size_t n = 0; n < r.synapses.size(); ++n) {
        const std::string item = std::to_string(n);
        const std::vector<std::int64_t>& pair = r.synapses[n];
        const auto add = [&](const std::string& message) {
            model.add({"record", k, "synapses", item}, message);
        };
        if (pair.size() != 2) {
            add("a synapse is a list of two cells, [source, target]");
            continue;
        }
        for (std::size_t e = 0; e < 2; ++e) {
            if (ends[e] && static_cast<double>(pair[e]) >= model.cells(*ends[e]))
                add(fmt::format("'{}' has no cell {}: its {:.0f} {} numbered from 0", ends[e]->name,
                                pair[e], model.cells(*ends[e]),
                                model.cells(*ends[e]) == 1.0 ? "cell is" : "cells are"));
        }
        const auto earlier = r.synapses.begin() + static_cast<std::ptrdiff_t>(n);
        if (std::find(r.synapses.begin(), earlier, pair) != earlier)
            add(fmt::format("the synapse from {} to {} is listed already", pair[0], pair[1]));
    }
}

}  // namespace

void check_weight_record(SimulationView& model, const SimulationRecordSpec& r,
                         const std::string& k) {
    const SynapsesSpec* const p = find_plastic(model, r.projection, k);
    if (!model.sound({"record", k, "what"})) return;
    const bool listed = model.given({"record", k, "synapses"}),
               interval = model.given({"record", k, "interval"});
    if (r.what != "weight" && !r.of_histogram()) {
        model.add({"record", k, "what"},
                  fmt::format("of a projection, weight or weight_histogram is recorded, not '{}'",
                              r.what));
        return;
    }
    for (const char* key : {"population", "cells"}) {
        if (model.given({"record", k, key}))
            model.add({"record", k, key},
                      fmt::format("{} is for records of a population; leave it out beside "
                                  "'projection'",
                                  key));
    }
    if (model.given({"record", k, "bins"}) && !r.of_histogram())
        model.add({"record", k, "bins"}, "bins are those of a weight_histogram");
    if (listed && r.of_histogram())
        model.add({"record", k, "synapses"}, "a weight_histogram counts all synapses");
    if (listed && !r.of_histogram()) {
        if (interval)
            model.add({"record", k, "interval"},
                      "the weights of single synapses are recorded whenever they change; leave "
                      "interval out");
        if (model.sound({"record", k, "synapses"}) && r.synapses.empty())
            model.add({"record", k, "synapses"},
                      "synapses lists none; write pairs of cells, as in [[0, 3], [1, 3]]");
        if (p) check_pairs(model, r, *p, k);
        return;
    }
    if (!interval) {
        model.add({"record", k},
                  fmt::format("record[{}] is missing the key 'interval', for example 'interval: 1 "
                              "s'{}",
                              k, r.of_histogram() ? "" : " (or 'synapses': a list of pairs)"));
    } else if (r.interval > 0.0 && model.sound({"dt"})) {
        check_whole_steps(model, {"record", k, "interval"}, "interval", r.interval, model.spec.dt);
    }
    if (p && p->plasticity->structure && !r.of_histogram())
        model.add({"record", k, "what"},
                  fmt::format("'{}' has structure: its synapses do not stay the same; record "
                              "weight_histogram, or the weights of single synapses",
                              r.projection));
}

}  // namespace snnsim
