#include "src/nir/write_graph.hpp"

#include "snnsim/error.hpp"

namespace snnsim::nir {

void write_graph(const std::string& path, const Graph&) {
    throw FileError(path);
}

}  // namespace snnsim::nir
