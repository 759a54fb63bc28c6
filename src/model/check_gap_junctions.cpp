// Checks of gap junctions: ends, rules, conductances.
#include <fmt/format.h>

#include "src/model/distribution.hpp"
#include "src/model/simulation_checks.hpp"
#include "src/model/units.hpp"
#include "src/text/words.hpp"

namespace snnsim {
namespace {

constexpr const char* section = "gap_junctions";

/// The model of one end has v and a current; `key`: from or to.
bool check_end(SimulationView& model, const CellPopulationSpec& p, const std::string& k,
               const char* key) {
    const CellFacts facts = facts_of(p);
    if (p.depth >= 0) {
        model.add(
            {section, k, key},
            fmt::format("'{}' is of the network that was trained, which had no gap junctions; "
                        "join populations of this file",
                        p.name));
        return false;
    }
    if (facts.gap_unit()) return true;
    const char* const why = facts.receptors == 0  ? "a source"
                            : !facts.current_unit ? "a model that takes no current"
                                                  : "a model without a state v";
    model.add(
        {section, k, key},
        fmt::format("gap junctions join cells by their v and the current that it drives; '{}' "
                    "is a {}, {}",
                    p.name, facts.model, why));
    return false;
}

void check_g(SimulationView& model, const GapJunctionsSpec& gaps, const CellPopulationSpec& from,
             const CellPopulationSpec& to, const std::string& k) {
    const CellFacts a = facts_of(from), b = facts_of(to);
    if (std::string_view(a.gap_state) != b.gap_state) {
        model.add({section, k},
                  fmt::format("'{}' ({}) would be joined by {}, but '{}' ({}) by {}", from.name,
                              a.model, a.gap_state, to.name, b.model, b.gap_state));
        return;
    }
    if (std::string_view(a.gap_unit()) != b.gap_unit()) {
        model.add(
            {section, k},
            fmt::format("a junction has one conductance for both ends, but '{}' ({}) takes {} "
                        "and '{}' ({}) {}",
                        from.name, a.model, kind_name(a.gap_unit()), to.name, b.model,
                        kind_name(b.gap_unit())));
        return;
    }
    if (!gaps.g_given) {
        if (gaps.connect.rule != Rule::list)
            model.add({section, k},
                      fmt::format("gap_junctions[{}] is missing the key 'g': conductance of a "
                                  "junction, for example 'g: {}'",
                                  k, *a.gap_unit() ? "1 nS" : "0.02"));
        return;
    }
    check_unit(model, {section, k, "g"}, "g", gaps.g, a.gap_unit(), to);
    if (gaps.connect.rule == Rule::list && !gaps.g.constant() && model.sound({section, k, "g"}))
        model.add({section, k, "g"},
                  "beside a list, g must be a single value; write others into a column 'g' of the "
                  "file");
}

/// The rule joins each pair once, and no cell to itself.
bool check_rule(SimulationView& model, const GapJunctionsSpec& gaps, const std::string& k) {
    if (!check_rule_keys(model, gaps.connect, k, section)) return false;
    const Rule rule = gaps.connect.rule;
    if (rule != Rule::all_to_all && rule != Rule::fixed_probability && rule != Rule::one_to_one &&
        rule != Rule::list) {
        model.add(
            {section, k, "connect"},
            fmt::format("{} says which cell sends and which receives, but a gap junction does "
                        "both; write all_to_all, fixed_probability, one_to_one or list",
                        name_of(rule)));
        return false;
    }
    if (model.given({section, k, "connect", "autapses"}) && gaps.connect.autapses)
        model.add({section, k, "connect", "autapses"},
                  "no current flows between a cell and itself; leave autapses out");
    if (model.given({section, k, "connect", "own"}))
        model.add({section, k, "connect", "own"},
                  "gap junctions do not use 'own'; a list joins what pairs you like");
    if (rule == Rule::one_to_one && gaps.from == gaps.to)
        model.add(
            {section, k, "connect"},
            fmt::format("one_to_one would join each cell of '{}' to itself; write all_to_all, "
                        "fixed_probability or list",
                        gaps.to));
    if (rule == Rule::list) check_list_file(model, gaps.connect.file, k, section);
    return true;
}

/// The most that a cell has on average, where the rule says it.
double degree_of(const GapJunctionsSpec& gaps, double from, double to) {
    if (gaps.connect.by_distance()) return 0.0;
    const double others = gaps.from == gaps.to ? from - 1.0 : std::max(from, to);
    switch (gaps.connect.rule) {
        case Rule::all_to_all:
            return others;
        case Rule::fixed_probability:
            return others * gaps.connect.p;
        case Rule::one_to_one:
            return 1.0;
        default:
            return 0.0;
    }
}

double capacitance(const CellPopulationSpec& p) {
    return CellModels::visit(p.cell, []<class M>(const typename M::Params& params) {
        if constexpr (requires { params.c_m; }) return double{params.c_m};
        return 0.0;
    });
}

/// Where the current of a step would take v beyond that of its neighbours.
void warn_of_strength(SimulationView& model, const GapJunctionsSpec& gaps,
                      const CellPopulationSpec& p, double degree, const std::string& k) {
    const double c_m = capacitance(p);
    if (c_m <= 0.0 || !gaps.g.constant() || !model.sound({"dt"})) return;
    const double share = degree * gaps.g.mean * model.spec.dt / c_m;
    if (share < 0.5) return;
    model.warn({section, k, "g"},
               fmt::format("a step of dt ({:g} ms) through {:.3g} junctions of {:g} nS takes v of "
                           "'{}' (c_m {:g} pF) {:.2g} times the way to its neighbours, whose v is "
                           "that of the last step: beyond 1 it swings; write a dt of {:.2g} ms or "
                           "less",
                           model.spec.dt, degree, gaps.g.mean, p.name, c_m, share,
                           0.1 * model.spec.dt / share));
}

}  // namespace

void check_gap_junctions(SimulationView& model) {
    constexpr double most = 1073741824.0;
    const ScaleSpec& scale = model.spec.scale;
    double count = 0.0;
    for (std::size_t n = 0; n < model.spec.gap_junctions.size(); ++n) {
        const GapJunctionsSpec& gaps = model.spec.gap_junctions[n];
        const std::string k = std::to_string(n);
        const CellPopulationSpec* from = model.find(gaps.from, {section, k, "from"});
        const CellPopulationSpec* to = model.find(gaps.to, {section, k, "to"});
        if (scale.neurons < 1.0 || scale.in_degrees < 1.0)
            model.add({section, k},
                      "scale cannot make gap junctions fewer; leave scale out, or gap_junctions");
        const bool rule = check_rule(model, gaps, k);
        bool ends = true;
        for (const auto& [p, key] : {std::pair{from, "from"}, std::pair{to, "to"}})
            ends = p && model.model_known(*p) && check_end(model, *p, k, key) && ends;
        if (ends) check_g(model, gaps, *from, *to, k);
        if (rule && from && to && !check_distance(model, gaps, *from, *to, k)) continue;
        if (!rule || !from || !to || !model.size_known(*from) || !model.size_known(*to)) continue;
        const auto a = static_cast<double>(from->size), b = static_cast<double>(to->size);
        if (gaps.connect.rule == Rule::one_to_one && from->size != to->size)
            model.add({section, k, "connect"},
                      fmt::format("one_to_one needs populations of one size; '{}' has {} and '{}' "
                                  "has {}",
                                  gaps.from, counted(from->size, "cell"), gaps.to, to->size));
        const double degree = degree_of(gaps, a, b);
        count += 0.5 * degree * (from == to ? a : 2.0 * std::min(a, b));
        if (ends && model.sound_or_absent({section, k, "g"})) {
            warn_of_strength(model, gaps, *from, degree, k);
            if (from != to) warn_of_strength(model, gaps, *to, degree, k);
        }
    }
    if (count > most)
        model.add({section}, fmt::format("gap_junctions join {:.3g} pairs; at most {:.3g} (2^30)",
                                         count, most));
}

}  // namespace snnsim
