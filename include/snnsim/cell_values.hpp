// What of the cells of a population can be recorded at an interval, beside spikes and rates.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// Receptors that the engine keeps apart for a population: fewer than the model's where time
/// constants are equal.
inline int receptors_of(const CellPopulationSpec& population) {
    return CellModels::visit(population.cell, [&]<class M>(const typename M::Params& params) {
        if constexpr (requires { M::shares_receptor(params); }) {
            const bool varied = std::any_of(
                population.varied.begin(), population.varied.end(),
                [](const NamedDistribution& d) { return d.name.starts_with("tau_syn"); });
            if (!varied && M::shares_receptor(params)) return 1;
        }
        return M::receptors;
    });
}

/// The number of a state variable of the population's model.
inline std::optional<std::size_t> state_number(const CellPopulationSpec& population,
                                               std::string_view name) {
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
    const char* unit;
    const char* help;
    Kind kind = Kind::state;
    std::size_t index = 0, receptors = 0;
};

inline std::vector<CellValue> cell_values(const CellPopulationSpec& population) {
    using Kind = CellValue::Kind;
    return CellModels::visit(population.cell, [&]<class M>(const typename M::Params&) {
        std::vector<CellValue> out;
        const auto state = [&](const auto& field) {
            out.push_back({field.name, field.unit, field.help, Kind::state, out.size()});
        };
        M::states().for_each(state);
        const auto receptors = static_cast<std::size_t>(receptors_of(population));
        if (receptors > 0)
            out.push_back({"input", M::input_unit,
                           "sum of the weights of the spikes that arrived since the last value",
                           Kind::input, 0, receptors});
        if (receptors == 2) {
            out.push_back({"input_ex", M::input_unit,
                           "sum of the positive weights of spikes since the last value",
                           Kind::input, 0, 1});
            out.push_back({"input_in", M::input_unit,
                           "sum of the negative weights of spikes since the last value",
                           Kind::input, 1, 1});
        }
        const auto current = [&](const auto& field) {
            if (std::string_view(field.name) == "i_e")
                out.push_back({"current", field.unit,
                               "sum of the currents of stimuli and gap junctions in the last step",
                               Kind::current});
        };
        M::Params::fields().for_each(current);
        return out;
    });
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
