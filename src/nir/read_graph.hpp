// Reads graphs of NIR.
#pragma once

#include <string>

#include "src/nir/graph.hpp"

namespace snnsim::nir {

/// The file as it is, subgraphs within; an edge that stands twice is kept once, and a bias of one
/// value has one for each output. Throws FileError that names file and node for all that is wrong
/// at once: what the format does not have, what is missing, links to other files. Memory is that
/// of the arrays.
Graph read_graph(const std::string& path);

/// The same network in one graph: what was in a subgraph bears the name "parent.name", edges go
/// through its input and its output. Throws FileError, which begins with `path`.
Graph flattened(Graph graph, const std::string& path);

}  // namespace snnsim::nir
