// Windows that move over a grid: convolution and pooling.
#pragma once

#include <string>
#include <vector>

#include "snnsim/edge_list.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// What does not fit together of two grids and a window [rows, columns]; else empty.
std::string window_problem(const CellPopulationSpec& from, const CellPopulationSpec& to,
                           const ConnectSpec& connect, const std::vector<std::int64_t>& window);

/// The synapses of conv and pool. `weights`: [to][from][row][column] of conv; empty: all alike.
/// Without padding a window lies within the grid; layers of a grid are its channels. As in machine
/// learning, conv is a cross-correlation.
EdgeList window_edges(const CellPopulationSpec& from, const CellPopulationSpec& to,
                      const ConnectSpec& connect, const std::vector<std::int64_t>& window,
                      const std::vector<double>& weights);

}  // namespace snnsim
