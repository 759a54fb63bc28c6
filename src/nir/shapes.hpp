// What goes over the edges of a graph of NIR.
#pragma once

#include <map>
#include <string>

#include "src/nir/graph.hpp"

namespace snnsim::nir {

/// Shapes without batch and time.
struct NodeShapes {
    Shape in, out;
};

/// Of all nodes of a flattened graph, from its inputs on. A leading 1 of an Input before a shape
/// that its targets take is left out, and parameters of one value take the shape that arrives.
/// Throws FileError, which begins with `path`, for all edges whose two shapes differ, nodes that
/// nothing leads to, and windows that fit nowhere, at once.
std::map<std::string, NodeShapes> infer_shapes(const Graph& graph, const std::string& path);

}  // namespace snnsim::nir
