// What a simulation of SONATA gives its nodes: spikes of virtual ones, and currents.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "src/sonata/nodes.hpp"

namespace snnsim::sonata {

/// A population that plays spikes. A second one of the same nodes plays what comes in a step that
/// has one already.
struct Player {
    std::string name, of;  // the population, and the part of nodes that it is
    std::uint64_t cells = 0, spikes = 0;
};
struct SpikesRead {
    std::set<std::string> playing;  // populations of nodes
    std::vector<Player> players;
    std::vector<std::string> notes;
};

/// Reads the spikes of `inputs` and writes them into `out`, as /spikes/NAME. As NEST's generators
/// that bmtk makes, a time between two steps goes to the end of its step. Throws FileError.
SpikesRead read_spike_inputs(const Config& config, const std::vector<NodePopulation>& populations,
                             double dt, Names& names, hid_t out);

/// A current into one population of ours. Of one step of current it is a dc; else a waveform that
/// is written.
struct Current {
    std::string to, unit;
    double start = 0.0, stop = 0.0;  // ms; stop 0: to the end
    double amplitude = 0.0;
    std::string values;    // data set of an amplitude for each cell, where not all get the same
    std::string waveform;  // data set of currents, with times beside it
};
struct CurrentsRead {
    std::vector<Current> currents;
    std::vector<std::string> notes;
};
CurrentsRead read_current_inputs(const Config& config,
                                 const std::vector<NodePopulation>& populations, double dt,
                                 hid_t out);

}  // namespace snnsim::sonata
