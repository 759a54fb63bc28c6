// What each library reads of a file, and how, where we write for it: found in the code of snnTorch
// 1.0.0, SpikingJelly 2.0.0, Norse 1.1.0 and Sinabs 3.1.3, and by running them.
#pragma once

#include <string>

#include "kernels/cells/trained.hpp"
#include "src/nir/dialect.hpp"
#include "src/nir/graph.hpp"

namespace snnsim::nir {

/// How an input comes to act on a membrane.
enum class Gain : std::uint8_t {
    by_r,           // r says it
    one,            // as it is, whatever r says
    one_minus_beta  // times 1 - beta
};

struct LibraryRules {
    const char* called;
    double dt = 0.0;  // s; 0: that of the model
    Fires fires = Fires::above;
    Reset reset = Reset::zero;
    Gain lif = Gain::by_r, cuba = Gain::by_r;
    bool euler = true;
    bool keeps_v_reset = false;  // else it is 0
    bool own_loops = true;       // of a population with itself
    bool loops = true;           // of several
    bool depth_first = false;    // runs nodes in that order of the edges, ready or not
    bool cells_differ = true;    // within a layer: all of their parameters
    bool thresholds_differ = true;
    const char* after_loading = "";  // what its user has to do
};
const LibraryRules& rules_of(Library library);

/// Whether it makes something of such a node.
bool reads(Library library, const NodeKind& kind);

}  // namespace snnsim::nir
