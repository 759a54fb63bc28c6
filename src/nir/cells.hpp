// The cells of NIR as cells of ours.
#pragma once

#include <string>
#include <vector>

#include "src/nir/dialect.hpp"
#include "src/nir/graph.hpp"
#include "src/nir/plan.hpp"

namespace snnsim::nir {

/// A model of ours, and what is multiplied to what arrives at it.
struct PlannedCells {
    std::string model;  // with parameters
    std::vector<CellParameter> varied;
    std::vector<double> gain;  // by cell
    bool spikes = true;
};
struct CellsAsModel {
    std::optional<PlannedCells> synapse;  // a population before the cells, which sends its current
    bool synapse_late = false;            // a step later
    PlannedCells cells;
    std::vector<double> offset;  // of what the cells send, where there is one
};

/// `size` cells; `sends`: others than the output see their membrane, where they have no spikes.
/// Throws FileError with what is wrong, for which `where` names the node.
CellsAsModel cells_as_model(const Cells& cells, std::size_t size, const Reading& reading, double dt,
                            bool sends);

}  // namespace snnsim::nir
