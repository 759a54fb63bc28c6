// Populations of edges, read in pieces and written as lists of synapses.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "snnsim/error.hpp"
#include "src/sonata/nodes.hpp"

namespace snnsim::sonata {

/// The file of lists cannot be written.
struct OutputError : Error {
    using Error::Error;
};

/// A projection of ours. Its synapses are a list in the group `list` of the file that is written.
struct Projection {
    std::string name, from, to, list;
    std::uint64_t synapses = 0;
    int port = 0;  // receptor, where the target has several; from 1 on
    std::string weight_unit;
    // Of all synapses, where they are the same; else columns of the list.
    bool one_weight = true, one_delay = true;
    double weight = 0.0, delay = 0.0;
    // Of the sizes of weights but 0.
    double least = std::numeric_limits<double>::infinity(), largest = 0.0;
};

struct EdgesRead {
    std::vector<Projection> projections;
    std::vector<std::string> notes;
};

/// Reads all of `networks.edges` and writes the lists into `out`. `players`: how many populations
/// play what virtual nodes send, by the name of their part; edges of others are left out, as
/// nothing would come through them. Throws FileError.
EdgesRead read_edges(const Config& config, const std::vector<NodePopulation>& populations,
                     const std::map<std::string, std::size_t>& players, double dt, hid_t out);

}  // namespace snnsim::sonata
