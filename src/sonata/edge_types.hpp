// Rows of a table of edge types.
#pragma once

#include <cstdint>
#include <limits>

#include "src/sonata/config.hpp"
#include "src/sonata/types_table.hpp"

namespace snnsim::sonata {

/// What the table of types says of an edge.
struct EdgeType {
    std::int64_t id = 0;
    double weight = std::numeric_limits<double>::quiet_NaN(), delay = 1.0;  // NEST's delay
    double synapses = 1.0;
    int port = 0;
};

/// With the file of parameters that it names. Throws FileError with its place.
EdgeType read_type(const TypesTable::Row& row, const Config& config);

}  // namespace snnsim::sonata
