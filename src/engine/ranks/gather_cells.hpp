// What several ranks have of cells, put together on rank 0.
#pragma once

#include <cstdint>
#include <vector>

#include "snnsim/engine.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/ranks/columns.hpp"
#include "src/engine/records.hpp"

namespace snnsim {

/// The columns of a record that this rank has.
inline ColumnRange columns_here(const CellRecord& record, const Layout& layout) {
    const std::uint32_t first = layout.first_here(record.population),
                        last = first + layout.count_here(record.population),
                        column = record.cells.count_below(first);
    return {column, record.cells.count_below(last) - column};
}

/// `states`: see EngineState; `variables`: how many a population has.
void gather_states(Exchange& exchange, const Layout& layout,
                   const std::vector<std::size_t>& variables,
                   std::vector<std::vector<float>>& states);
void gather_samples(Exchange& exchange, const Layout& layout,
                    const std::vector<CellRecord>& records, std::vector<StateSamples>& samples);
/// `inputs`: see EngineState.
void gather_inputs(Exchange& exchange, const Layout& layout, const std::vector<CellRecord>& records,
                   std::vector<std::vector<std::int64_t>>& inputs);

}  // namespace snnsim
