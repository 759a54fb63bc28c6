// Weights of a simulation in its run file: records of them, and the final ones.
#pragma once

#include <string>
#include <vector>

#include "snnsim/engine.hpp"
#include "src/io/hdf5.hpp"

namespace snnsim {

/// The data sets of a record of weights, which grow together; the first holds its times.
std::vector<std::string> weight_record_sets(const SimulationRecordSpec& record);

/// Makes them: `snapshots` [time, synapse], `histogram` [time, bin], or `changes`.
void make_weight_record(hid_t file, const SimulationSpec& spec, const EngineReport& report,
                        const SimulationRecordSpec& record);
void append_weight_record(hid_t file, const SimulationSpec& spec,
                          const SimulationRecordSpec& record, const StateSamples& samples);

/// Final weights, synapse by synapse, and what structural plasticity did.
void write_weights(hid_t file, const SimulationSpec& spec, const Engine& engine);

}  // namespace snnsim
