// What of the cells of a population can be recorded at an interval, beside spikes and rates.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snnsim/receptors.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// The number of a state variable of the population's model.
std::optional<std::size_t> state_number(const CellPopulationSpec& population,
                                        std::string_view name);

/// The state variable by which gap junctions would join its cells: v, or what the model says.
const char* gap_state(const CellPopulationSpec& population);

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

std::vector<CellValue> cell_values(const CellPopulationSpec& population);

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
