// A smaller network that works like the full one.
#pragma once

#include "snnsim/network.hpp"
#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// The model that `spec.scale` describes, written out at full scale: cells times `neurons`,
/// in-degrees and the sources of Poisson stimuli times `in_degrees` (k), weights by 1 / sqrt(k),
/// and a constant current that makes up for the mean input lost, (1 - sqrt(k)) sum(weight in-degree
/// rate), from the populations' `rate` (van Albada, Helias & Diesmann 2015). Throws ModelError
/// where a model has no rule for the current.
SimulationSpec apply_scale(const SimulationSpec& spec);

/// Synapses of each projection, on average over seeds.
std::vector<double> expected_synapses(const SimulationSpec& spec);
/// What cells take of memory, about, and the spikes that they play.
std::vector<MemoryPart> memory_of_cells(const SimulationSpec& spec);
/// The same of gap junctions.
std::vector<MemoryPart> memory_of_junctions(const SimulationSpec& spec);
/// What takes how much memory, about.
std::vector<MemoryPart> estimate_memory(const SimulationSpec& spec);

}  // namespace snnsim
