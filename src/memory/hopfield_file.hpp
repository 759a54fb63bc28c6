// What came of the trials of recall: operations and the run file.
#pragma once

#include <string>

#include "snnsim/run_record.hpp"
#include "src/memory/recall.hpp"

namespace snnsim {

/// Of the network whose matrix is stored: an update of a unit adds N - 1 weights with the signs of
/// the units. What this program does instead takes P additions.
PhaseCounts recall_counts(const HopfieldModel& model, const RecallOutcome& outcome);

/// Words for `path`, of HDF5.
void write_hopfield(const std::string& path, const HopfieldModel& model,
                    const RecallOutcome& outcome, const Provenance& provenance);

}  // namespace snnsim
