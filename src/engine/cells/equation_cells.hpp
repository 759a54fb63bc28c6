// The cells of one population in one block whose model is written as equations.
#pragma once

#include <memory>

#include "src/engine/cells/cell_group.hpp"
#include "src/engine/layout.hpp"
#include "src/engine/synapses/weight_plan.hpp"

namespace snnsim {

std::unique_ptr<CellGroup> make_equation_cells(const SimulationSpec& spec, std::size_t population,
                                               const Slice& slice, const WeightGrid& grid,
                                               std::int32_t* accumulators);

}  // namespace snnsim
