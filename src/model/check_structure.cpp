// Checks of structural plasticity and of learning rates over time.
#include <fmt/format.h>

#include "src/model/simulation_checks.hpp"

namespace snnsim {
namespace {

/// A single value between w_min and w_max, in their unit.
bool check_weight(SimulationView& model, Places::Path at, const char* key, const Distribution& d,
                  const SynapsesSpec& s, const CellPopulationSpec* to) {
    const PlasticitySpec& p = *s.plasticity;
    if (!model.sound(at)) return false;
    if (!d.constant()) {
        model.add(at, fmt::format("{} must be a single value", key));
        return false;
    }
    if (const std::string unit = to ? input_unit_of(*to, s.receptor) : d.unit; d.unit != unit) {
        check_unit(model, at, key, d, unit, *to);
        return false;
    }
    const double share = d.mean / p.w_max.mean, low = p.w_min.mean / p.w_max.mean;
    if (share >= low && share <= 1.0) return true;
    model.add(at, fmt::format("{} ({:g}) must lie between w_min ({:g}) and w_max ({:g})", key,
                              d.mean, p.w_min.mean, p.w_max.mean));
    return false;
}

}  // namespace

void check_structure(SimulationView& model, const SynapsesSpec& s, const CellPopulationSpec* to,
                     const std::string& k) {
    const PlasticitySpec& p = *s.plasticity;
    if (!p.structure || !model.sound({"projections", k, "plasticity", "structure"})) return;
    const StructureSpec& structure = *p.structure;
    const Places::Path at{"projections", k, "plasticity", "structure"},
        below{"projections", k, "plasticity", "structure", "below"},
        weight{"projections", k, "plasticity", "structure", "weight"};
    check_whole_steps(model, {"projections", k, "plasticity", "structure", "interval"}, "interval",
                      structure.interval, model.spec.dt);
    bool good = check_weight(model, below, "below", structure.below, s, to);
    // Weights are whole numbers of w_max / 2^30.
    const double least = std::abs(p.w_max.mean) * 0x1p-30;
    if (good && std::abs(structure.below.mean - p.w_min.mean) < 0.5 * least) {
        model.add(below, structure.below.mean == p.w_min.mean
                             ? fmt::format("below ({:g}) is w_min: no weight is smaller, and no "
                                           "synapse would be removed",
                                           structure.below.mean)
                             : fmt::format("below ({:g}) rounds to w_min ({:g}), and no synapse "
                                           "would be removed: the smallest step of a weight is "
                                           "{:g} here (w_max / 2^30)",
                                           structure.below.mean, p.w_min.mean, least));
        good = false;
    }
    const bool given = model.given(weight);
    if (structure.rewire && !given) {
        model.add(at,
                  "structure is missing the key 'weight': what a new synapse begins with (or "
                  "write rewire: false)");
    } else if (!structure.rewire && given) {
        model.add(weight, "weight is that of new synapses; with rewire: false there are none");
    } else if (given && check_weight(model, weight, "weight", structure.weight, s, to) && good &&
               std::abs(structure.weight.mean) < std::abs(structure.below.mean)) {
        model.add(weight, fmt::format("weight ({:g}) is below {:g}: new synapses would be removed "
                                      "again",
                                      structure.weight.mean, structure.below.mean));
    }
    if (!s.delay.constant() && model.sound({"projections", k, "delay"}))
        model.add({"projections", k, "delay"},
                  "with structure all synapses of a projection have one delay; write a single "
                  "value");
}

void check_schedule(SimulationView& model, const PlasticitySpec& p, const std::string& k) {
    if (!p.schedule) return;
    const Places::Path at{"projections", k, "plasticity", "schedule"},
        times{"projections", k, "plasticity", "schedule", "times"};
    check_changes(model, at, times, p.schedule->times, p.schedule->factors.size(), "factors");
}

}  // namespace snnsim
