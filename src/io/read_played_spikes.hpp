// Reads the files that spike_source populations play.
#pragma once

#include <string>

#include "snnsim/simulation_spec.hpp"

namespace snnsim {

/// What of a file a population plays, and how.
struct Playing {
    std::string population;  // in the file
    std::uint32_t size = 0;  // cells
    std::int64_t steps = 0;
    double dt = 1.0;  // ms
    SameStep same_step = SameStep::error;
    bool named = false;  // the model names `population`; else it is that of the source itself
};

/// Reads .h5 in SONATA's layout (also that of its first files, which have one population without a
/// name), or text. A time goes to the nearest step's end; files need not be sorted, whatever they
/// say of it. Times without a unit are in ms. Throws FileError that says where the file is wrong: a
/// cell that is none or beyond the size, a time that is none or lies before the end of the first
/// step, two spikes of a cell in one step (unless they may be merged), another unit than ms and s.
PlayedSpikes read_played_spikes(const std::string& path, const Playing& playing);

/// The model with the spikes of its spike_source populations, 8 bytes each. Throws FileError that
/// begins with the place of the population in the model file.
SimulationSpec with_played_spikes(SimulationSpec spec);

}  // namespace snnsim
