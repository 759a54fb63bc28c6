// What of the cells of a population can be recorded at an interval, beside spikes and rates.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snnsim/receptors.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/equations/cell_equations.hpp"

namespace snnsim {

/// The number of a state variable of the population's model.
inline std::optional<std::size_t> state_number(const CellPopulationSpec& population,
                                               std::string_view name) {
    if (const CellEquations* own = population.equations()) {
        for (std::size_t k = 0; k < own->states.size(); ++k)
            if (own->states[k].name == name) return k;
        return std::nullopt;
    }
    return CellModels::visit(population.cell, [&]<class M>(const typename M::Params&) {
        std::optional<std::size_t> found;
        std::size_t k = 0;
        const auto look = [&](const auto& field) {
            if (field.name == name) found = k;
            ++k;
        };
        M::states().for_each(look);
        return found;
    });
}

struct CellValue {
    enum class Kind : std::uint8_t {
        state,    // `index`: of the variable; its value at the time
        input,    // `index` and `receptors`: those summed, over the time since the last value
        current,  // in the step that ends at the time
    };
    std::string name;
    std::string unit;
    std::string help;
    Kind kind = Kind::state;
    std::size_t index = 0, receptors = 0;
};

inline std::vector<CellValue> cell_values(const CellPopulationSpec& population) {
    using Kind = CellValue::Kind;
    std::vector<CellValue> out;
    const auto state = [&](const std::string& name, const std::string& unit,
                           const std::string& help) {
        out.push_back({name, unit, help, Kind::state, out.size()});
    };
    std::optional<std::string> current_unit;
    if (const CellEquations* own = population.equations()) {
        for (const CellEquations::State& s : own->states)
            state(s.name, s.unit, "state variable of its equations");
        if (own->uses_current) current_unit = own->current_unit;
    } else {
        CellModels::visit(population.cell, [&]<class M>(const typename M::Params&) {
            M::states().for_each([&](const auto& f) { state(f.name, f.unit, f.help); });
            M::Params::fields().for_each([&](const auto& f) {
                if (std::string_view(f.name) == "i_e") current_unit = f.unit;
            });
        });
    }
    const Receptors receptors = receptors_of(population);
    const std::vector<Receptor>& list = receptors.list;
    const bool one_unit = std::all_of(list.begin(), list.end(),
                                      [&](const Receptor& r) { return r.unit == list[0].unit; });
    if (!list.empty() && one_unit)
        out.push_back({"input", list[0].unit,
                       "sum of the weights of the spikes that arrived since the last value",
                       Kind::input, 0, list.size()});
    for (std::size_t r = 0; r < list.size(); ++r) {
        if (receptors.by_sign && list.size() == 1) break;
        const std::string of = !receptors.by_sign ? "" : r == 0 ? "positive " : "negative ";
        out.push_back({"input_" + list[r].name, list[r].unit,
                       "sum of the " + of + "weights of spikes since the last value", Kind::input,
                       r, 1});
    }
    if (current_unit)
        out.push_back({"current", *current_unit,
                       "sum of the currents of stimuli and gap junctions in the last step",
                       Kind::current});
    return out;
}

/// The cells that a record of a population takes; the model has been checked.
inline CellSet recorded_cells(const SimulationSpec& spec, const SimulationRecordSpec& record) {
    std::size_t p = 0;
    while (spec.populations[p].name != record.population) ++p;
    return chosen_cells(record.cells, spec.populations[p].size, spec.seed, p);
}

/// The value that a record of a population's cells names; the model has been checked.
inline CellValue cell_value(const CellPopulationSpec& population, const std::string& name) {
    const std::vector<CellValue> all = cell_values(population);
    return *std::find_if(all.begin(), all.end(),
                         [&](const CellValue& v) { return v.name == name; });
}

}  // namespace snnsim
