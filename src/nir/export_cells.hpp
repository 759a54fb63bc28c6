// Cells of ours as nodes of NIR, so that a library reads the same cells from them.
#pragma once

#include <string>
#include <vector>

#include "snnsim/network.hpp"
#include "src/nir/graph.hpp"
#include "src/nir/library_rules.hpp"

namespace snnsim::nir {

/// What a file says for all of its cells.
struct FileTime {
    double dt = 0.0;  // s
    bool euler = false;
    double model_dt = 0.0;  // ms
};

struct ExportedCells {
    Cells node;
    std::string impossible;            // why it cannot be written for the library; empty: it can
    std::vector<std::string> inexact;  // what the library does otherwise
    bool thresholds_moved = false;  // as it fires at them and the model above them, or vice versa
};

/// Of lif, cuba_lif, leaky_readout and leaky_integrator; of others `impossible` says why. `shape`:
/// of the node.
ExportedCells exported_cells(const Population& population, const Shape& shape, Library library,
                             const FileTime& time);

}  // namespace snnsim::nir
