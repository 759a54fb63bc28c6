// Runs the instructions of a cell's equations over blocks of cells.
#pragma once

#include <cstddef>
#include <vector>

#include "src/equations/program.hpp"

namespace snnsim {

/// Cells that go through an instruction together: their values stay in the first cache.
inline constexpr std::size_t equation_block = 256;

/// Carries out each instruction for cells 0 .. count - 1; `at` has the values of each slot. `count`
/// is a multiple of cell_panel.
void run_equations(const std::vector<EquationInstruction>& code, float* const* at,
                   std::size_t count);

}  // namespace snnsim
