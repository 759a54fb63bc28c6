// Counted operations in a run file.
#pragma once

#include <hdf5.h>

#include <string>

#include "snnsim/trainer.hpp"

namespace snnsim {

/// What the numbers are, in words.
extern const char* const training_conventions;
extern const char* const simulation_conventions;

/// Groups below `path`: population/NAME, forward/PROJECTION, backward/PROJECTION, each a mapping of
/// attributes.
void write_counts(hid_t root, const std::string& path, const PhaseCounts& counts,
                  const char* conventions = training_conventions);
/// In alphabetical order. Throws FileError where something is missing.
PhaseCounts read_counts(hid_t root, const std::string& path);

}  // namespace snnsim
