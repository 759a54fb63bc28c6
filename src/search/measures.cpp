#include "src/search/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "src/report/stats_report.hpp"
#include "src/text/suggest.hpp"

namespace snnsim {
namespace {

struct WorkMeasure {
    const char* name;
    std::optional<double> (*of)(const CellResult&);
    bool of_simulations;
};
template <double ImageCost::*Member>
std::optional<double> cost(const CellResult& r) {
    return r.cost.*Member;
}

// See the reference.
const std::array<WorkMeasure, 11> of_work{{
    {"accuracy",
     [](const CellResult& r) {
         return std::isnan(r.accuracy) || r.error ? std::nullopt : std::optional(r.accuracy);
     },
     true},
    {"error", [](const CellResult& r) { return r.error; }, false},
    {"spikes", cost<&ImageCost::spikes>, true},
    {"macs", cost<&ImageCost::macs>, true},
    {"acs", cost<&ImageCost::acs>, true},
    {"neuron_updates", cost<&ImageCost::neuron_updates>, true},
    {"activity", cost<&ImageCost::activity>, true},
    {"energy_uJ", [](const CellResult& r) { return r.energy.synapses; }, true},
    {"energy_in_all_uJ", [](const CellResult& r) { return r.energy.all; }, true},
    {"nonzero_weights",
     [](const CellResult& r) { return std::optional(static_cast<double>(r.weights)); }, false},
    {"footprint_bytes", [](const CellResult& r) { return std::optional(r.footprint); }, false},
}};

const Statistic* find_statistic(const std::string& name) {
    const auto at = std::find_if(statistics.begin(), statistics.end(),
                                 [&](const Statistic& s) { return s.name == name; });
    return at == statistics.end() ? nullptr : &*at;
}
const WorkMeasure* find_work(const std::string& name) {
    const auto at = std::find_if(of_work.begin(), of_work.end(),
                                 [&](const WorkMeasure& m) { return m.name == name; });
    return at == of_work.end() ? nullptr : &*at;
}

std::vector<std::string> populations_of(const SimulationSpec& model) {
    std::vector<std::string> names;
    for (const CellPopulationSpec& p : model.populations) names.push_back(p.name);
    return names;
}

std::string why_no_statistic(const ObjectiveSpec& o, const AnyModel& model) {
    const auto* simulation = std::get_if<SimulationSpec>(&model);
    if (!simulation)
        return fmt::format("{} is a statistic of simulations, and the model is a training",
                           o.measure);
    const std::vector<std::string> names = populations_of(*simulation);
    if (o.population.empty())
        return fmt::format("{} is of a population; add the key 'population' (one of: {})",
                           o.measure, join(names));
    if (std::find(names.begin(), names.end(), o.population) == names.end())
        return fmt::format("the model has no population '{}'{} (known: {})", o.population,
                           did_you_mean(o.population, names), join(names));
    return "";
}

}  // namespace

std::string key_of(const ObjectiveSpec& o) {
    return o.population.empty() ? o.measure : o.population + "." + o.measure;
}

std::string why_not_measured(const ObjectiveSpec& o, const AnyModel& model) {
    if (find_statistic(o.measure)) return why_no_statistic(o, model);
    const bool simulation = std::holds_alternative<SimulationSpec>(model);
    const WorkMeasure* work = find_work(o.measure);
    if (!work || (simulation && !work->of_simulations)) {
        std::vector<std::string> known;
        for (const WorkMeasure& m : of_work) {
            if (!simulation || m.of_simulations) known.push_back(m.name);
        }
        for (const Statistic& s : statistics) {
            if (simulation) known.push_back(s.name);
        }
        return fmt::format("a run of this model has no measure '{}'{} (known: {})", o.measure,
                           did_you_mean(o.measure, known), join(known));
    }
    if (!o.population.empty())
        return fmt::format("{} is of the whole network; leave population out", o.measure);
    const auto* training = std::get_if<ModelSpec>(&model);
    if (training && !training->test)
        return "the model has no section test, and what is measured is of the test; add `test: {}`";
    if (training && training->real_targets() && o.measure == "accuracy")
        return "the model's targets are real numbers, which have no accuracy; use the measure "
               "error";
    if (training && !training->real_targets() && o.measure == "error")
        return "the model predicts classes; use the measure accuracy";
    return "";
}

std::optional<double> measured(const ObjectiveSpec& o, const CellResult& result) {
    const Statistic* statistic = find_statistic(o.measure);
    if (!statistic) {
        const WorkMeasure* work = find_work(o.measure);
        return work ? work->of(result) : std::nullopt;
    }
    const PopulationStats* p =
        result.stats ? find_population(*result.stats, o.population) : nullptr;
    const bool counted = o.measure == "counted_rate_hz";
    if (!p || (!counted && p->recorded == 0)) return std::nullopt;
    return statistic->of(*p);
}

double cost_of(const ObjectiveSpec& o, double measure) {
    double cost = o.aim == Aim::maximise ? -measure : measure;
    if (o.target) {
        const double size = std::abs(*o.target);
        cost = std::abs(measure - *o.target) / (size > 0.0 ? size : 1.0);
    }
    return o.weight * cost;
}

}  // namespace snnsim
