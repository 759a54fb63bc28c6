// The winner of an evolution as a model of a simulation.
#pragma once

#include <string>

#include "src/evolve/evolve.hpp"

namespace snnsim {

/// An edge as a simulation has it.
struct SimulatedEdge {
    std::uint32_t source, target;  // cells of the populations `inputs` or `cells`, and of `cells`
    double weight;
    int delay;  // ms
};
struct WinnerEdges {
    std::vector<SimulatedEdge> of_inputs, of_cells;
};
WinnerEdges edges_of(const Genome& genome, const CircuitEnds& ends);

/// Steps of the recorded trial until it ended.
std::size_t recorded_steps(const EvolveResult& result);

/// Writes NAME_winner.yaml with its lists of edges and the spikes of a trial beside it, into the
/// result's folder: that simulation has the spikes that were recorded. The names of the files, the
/// model first.
std::vector<std::string> write_winner(const EvolveResult& result);

}  // namespace snnsim
