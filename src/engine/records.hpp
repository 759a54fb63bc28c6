// Values of cells that a run records, in steps.
#pragma once

#include <vector>

#include "snnsim/cell_values.hpp"
#include "snnsim/simulation_spec.hpp"
#include "src/engine/weight_plan.hpp"

namespace snnsim {

/// A value of cells of a population, at an interval.
struct CellRecord {
    std::size_t population = 0;
    CellValue value;
    CellSet cells;
    std::int64_t interval = 1;  // steps

    /// Samples taken until so many steps are done.
    std::int64_t samples(std::int64_t steps) const { return steps / interval; }
};

inline std::vector<CellRecord> cell_records(const SimulationSpec& spec) {
    std::vector<CellRecord> records;
    for (const SimulationRecordSpec& r : spec.record) {
        if (!r.of_cells()) continue;
        CellRecord record;
        record.population = spec.population_index(r.population);
        const CellPopulationSpec& p = spec.populations[record.population];
        record.value = cell_value(p, r.what);
        record.cells = recorded_cells(spec, r);
        if (r.interval > 0.0) record.interval = step_of(r.interval, spec.dt);
        records.push_back(record);
    }
    return records;
}

}  // namespace snnsim
