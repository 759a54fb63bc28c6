#include "src/inputs/load_gap_junctions.hpp"

#include <fmt/format.h>

#include <cmath>

#include "snnsim/edge_list.hpp"
#include "snnsim/error.hpp"
#include "src/inputs/edge_columns.hpp"
#include "src/io/digest.hpp"
#include "src/model/cell_facts.hpp"
#include "src/model/units.hpp"

namespace snnsim {
namespace {

/// The conductances in the unit that the cells take; empty: those of the model file.
std::vector<double> conductances(const GapJunctionsSpec& gaps, const EdgeColumns& list,
                                 const std::string& unit) {
    const Column* const column = list.file.find("g");
    if (!column && !gaps.g_given)
        throw DataError(
            fmt::format("{}: there is no column 'g', and gap_junctions gives none; "
                        "write it in one of them",
                        list.top()));
    if (!column) return {};
    if (gaps.g_given)
        throw DataError(
            fmt::format("{}: g is a column here and a key of gap_junctions; write it in "
                        "one of them",
                        list.top()));
    double factor = 1.0;
    if (!column->unit.empty()) {
        const std::string wrong = read_quantity("1 " + column->unit, unit, "g", factor);
        if (!wrong.empty()) throw DataError(fmt::format("{}: {}", list.top(), wrong));
    }
    std::vector<double> out(column->values.size());
    for (std::size_t row = 0; row < out.size(); ++row) {
        out[row] = column->values[row] * factor;
        if (!(out[row] >= 0.0) || !std::isfinite(out[row]))
            throw DataError(fmt::format("{}: g is {}; a conductance is at least 0",
                                        list.file.place(row), column->values[row]));
    }
    return out;
}

EdgeList load(const SimulationSpec& spec, const GapJunctionsSpec& gaps) {
    const CellPopulationSpec &from = spec.population(gaps.from), &to = spec.population(gaps.to);
    const EdgeColumns list(beside_model(spec.path, gaps.connect.file).string(),
                           gaps.connect.dataset, {"source", "target", "g"});
    EdgeList out;
    out.path = gaps.connect.file;
    out.sha256 = file_sha256(list.file.path);
    out.source = list.ids("source", from.name, from.size);
    out.target = list.ids("target", to.name, to.size);
    out.weight = conductances(gaps, list, facts_of(to).gap_unit());
    for (std::size_t row = 0; row < out.source.size(); ++row) {
        if (&from == &to && out.source[row] == out.target[row])
            throw DataError(fmt::format("{}: cell {} is joined to itself, where no current flows",
                                        list.file.place(row), out.source[row]));
    }
    return out;
}

}  // namespace

void load_gap_junctions(SimulationSpec& spec) {
    std::string wrong;
    for (GapJunctionsSpec& gaps : spec.gap_junctions) {
        if (gaps.connect.rule != Rule::list) continue;
        try {
            gaps.edges = std::make_shared<const EdgeList>(load(spec, gaps));
        } catch (const DataError& e) {
            wrong += fmt::format("{}{}:{}:{}: gap_junctions: {}", wrong.empty() ? "" : "\n",
                                 spec.path, gaps.at.line, gaps.at.column, e.what());
        }
    }
    if (!wrong.empty()) throw DataError(wrong);
}

}  // namespace snnsim
