// A projection of ours as nodes of NIR.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "snnsim/network.hpp"
#include "src/nir/dialect.hpp"
#include "src/nir/graph.hpp"

namespace snnsim::nir {

struct ProjectionForNir {
    const Projection& projection;
    const ProjectionSpec& said;
    const Shape& from;  // of the source's node, and ...
    const Shape& to;    // ... of the target's
    Library library;
    double dt;            // s, of the file
    std::size_t implied;  // steps of delay that a reader has without a node for them
};
struct ProjectionNodes {
    std::vector<std::pair<std::string, NodeKind>> nodes;  // one after the other, names to append
    std::vector<std::string> impossible;                  // what NIR has no node for
    std::vector<std::string> notes;
};
ProjectionNodes projection_nodes(const ProjectionForNir& from);

}  // namespace snnsim::nir
