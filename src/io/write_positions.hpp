// Where cells are, in a run file.
#pragma once

#include "src/io/hdf5.hpp"
#include "src/space/positions.hpp"

namespace snnsim {

/// `positions` [cell][dimension] in the group of a population, with what is needed to draw them:
/// extent, center, periodic and, of a grid, its columns, rows and layers.
void write_positions(hid_t population, const Positions& positions, const SpaceSpec& space);

}  // namespace snnsim
