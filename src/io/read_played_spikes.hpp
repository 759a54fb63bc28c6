// Reads the files that spike_source populations play.
#pragma once

#include <string>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// What a population of `size` cells plays of a file in `steps` steps of dt: .h5 in SONATA's layout
/// (also that of its first files, whose times are in ms and which have one population), or text.
/// A time goes to the nearest step's end; files need not be sorted. Throws FileError that says
/// where the file is wrong: a cell beyond the size, a time that is none or lies before the end of
/// the first step, two spikes of a cell in one step, another unit than ms and s.
PlayedSpikes read_played_spikes(const std::string& path, const std::string& population,
                                std::uint32_t size, std::int64_t steps, double dt);

/// The model with the spikes of its spike_source populations, 8 bytes each. Throws FileError that
/// begins with the place of the population in the model file.
SimulationSpec with_played_spikes(SimulationSpec spec);

}  // namespace snnsim
