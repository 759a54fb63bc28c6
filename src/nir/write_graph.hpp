// Writes graphs of NIR.
#pragma once

#include <string>

#include "src/nir/graph.hpp"

namespace snnsim::nir {

/// As nir 1.0.8 reads it with its checks of types: version, node, metadata. Replaces the file at
/// `path`, whole or not at all.
void write_graph(const std::string& path, const Graph& graph);

}  // namespace snnsim::nir
