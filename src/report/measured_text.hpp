// Measured energy as a user reads it.
#pragma once

#include <optional>
#include <string>

#include "snnsim/measured_energy.hpp"

namespace snnsim {

/// One line: joules by kind of domain over the whole run, kWh and CO2e. Empty where nothing was
/// measured; why not, the run file and `snnsim devices` say.
std::string measured_text(const MeasuredEnergy& measured);

/// A cell of a table.
struct MeasuredCell {
    std::optional<double> value;  // the sum of what was measured; nothing: all is unavailable
    std::string parts;            // "package 812.3, dram unavailable"
};
/// "843.3 (package 812.3, dram 31.0)", or "unavailable".
std::string cell_text(const MeasuredCell& cell);

/// What a phase took, times `scale`.
MeasuredCell used_cell(const MeasuredEnergy& measured, const std::string& phase,
                       double scale = 1.0);
/// The same without what the idle machine takes in that time.
MeasuredCell above_idle_cell(const MeasuredEnergy& measured, const std::string& phase);
/// Of the whole run; without parts.
MeasuredCell kilowatt_hours_cell(const MeasuredEnergy& measured);
MeasuredCell co2e_cell(const MeasuredEnergy& measured);  // g

/// Below a table: the sources, and why what is unavailable is so.
std::string measured_notes(const MeasuredEnergy& measured);

}  // namespace snnsim
