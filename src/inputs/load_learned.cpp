#include "src/inputs/load_learned.hpp"

#include <fmt/format.h>

#include <cmath>

#include "snnsim/error.hpp"
#include "snnsim/played_spikes.hpp"
#include "src/io/read_numbers.hpp"
#include "src/model/euler.hpp"
#include "src/model/limits_text.hpp"
#include "src/model/trainable.hpp"
#include "src/model/units.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

/// The values of one parameter, in its unit and within what it can be.
std::vector<double> values_from(const ModelSpec& spec, const PopulationSpec& p,
                                const TrainableSpec& t, const std::string& path,
                                const std::string& dataset) {
    NumberParameter number = *number_parameter(p.neuron, t.name);
    if (t.as == LinkKind::fixed && number.unit == "ms" && euler_tau(p.neuron))
        number.limits = at_least(spec.dt);
    NumbersFile where;
    where.file = path;
    where.dataset = dataset;
    NumberTable table = read_numbers(where, Times::none, static_cast<std::size_t>(p.size) + 1);
    if (table.columns != 1 || table.rows != static_cast<std::size_t>(p.size))
        throw DataError(
            fmt::format("{}: it has {}, but '{}' has {}", path,
                        counted(static_cast<std::int64_t>(table.values.size()), "value"), p.name,
                        counted(p.size, "cell")));
    double factor = 1.0;
    if (!number.unit.empty() && !table.unit.empty() && table.unit != "1") {
        const std::string wrong =
            read_quantity("1 " + table.unit, number.unit.c_str(), t.name.c_str(), factor);
        if (!wrong.empty()) throw DataError(fmt::format("{}: {}", path, wrong));
    }
    const Link link = link_of(p, t, spec.dt).link;
    for (std::size_t n = 0; n < table.values.size(); ++n) {
        double& x = table.values[n];
        x *= factor;
        const double w = link.variable(x);
        const bool inside = t.as != LinkKind::fixed || within(x, number.limits);
        if (std::isfinite(w) && std::abs(w) <= link.most() && inside) continue;
        throw DataError(fmt::format(
            "{}: value {} (from 0) of {} is {:g}{}{}: it must be {}", path, n, t.name, x,
            number.unit.empty() ? "" : " ", number.unit,
            link.form == Link::Form::rate ? fmt::format("greater than dt ({:g} ms)", spec.dt)
            : link.form == Link::Form::value && t.as != LinkKind::fixed
                ? "finite"
                : "inside its limits (" + limits_text(number.limits) + ")"));
    }
    return table.values;
}

}  // namespace

std::string learned_path(const std::string& population, const std::string& name) {
    return "learned/" + population + "/" + name;
}

std::string load_learned(ModelSpec& spec) {
    std::string wrong;
    for (PopulationSpec& p : spec.populations) {
        for (TrainableSpec& t : p.trainable) {
            if (t.file.empty() || t.loaded) continue;
            try {
                t.loaded = std::make_shared<const std::vector<double>>(
                    values_from(spec, p, t, beside_model(spec.path, t.file).string(), t.dataset));
            } catch (const Error& e) {
                wrong += fmt::format("{}{}:{}:{}: {} of '{}': {}", wrong.empty() ? "" : "\n",
                                     spec.path, t.at.line, t.at.column, t.name, p.name, e.what());
            }
        }
    }
    return wrong;
}

void put_learned(const std::string& run, ModelSpec& spec) {
    for (PopulationSpec& p : spec.populations) {
        for (TrainableSpec& t : p.trainable) {
            t.loaded = std::make_shared<const std::vector<double>>(
                values_from(spec, p, t, run, learned_path(p.name, t.name)));
            t.file.clear();
            t.spread = 0.0;
        }
    }
}

}  // namespace snnsim
