// A network of ours as a graph of NIR.
#pragma once

#include <string>
#include <vector>

#include "snnsim/network.hpp"
#include "src/nir/dialect.hpp"
#include "src/nir/graph.hpp"

namespace snnsim::nir {

struct RunGraph {
    Graph graph;                     // its metadata say how it is meant
    std::vector<std::string> notes;  // sentences for the user
    /// What can be compared: of the populations that send spikes those, of the output its value.
    struct Watched {
        std::string node, population;
        bool spikes = true;
    };
    std::vector<Watched> watched;
};

/// `network`: what `spec` became, with its weights. Throws ModelError with the places in the model
/// of all that the format, or the library, does not have; and, without `force`, of what it has only
/// in another way.
RunGraph run_to_graph(const ModelSpec& spec, const Network& network, Library library, bool force);

}  // namespace snnsim::nir
